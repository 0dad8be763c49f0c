package contact

import (
	"context"
	"fmt"
	"strconv"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
)

// History returns what the audit log tells of a contact's own fields, newest first, and the cursor of the next page. It holds what who
// may see the contact may know: who changed what and when, but not from where.
func (s *Service) History(ctx context.Context, id string, page store.Page) ([]audit.Entry, string, error) {
	c, err := s.Find(ctx, id)
	if err != nil {
		return nil, "", err
	}
	before := int64(0)
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		if before, err = strconv.ParseInt(parts[0], 10, 64); err != nil || before < 1 {
			return nil, "", errCursor
		}
	}
	entries, err := s.audit.Find(ctx, c.OrgID, audit.Filter{TargetID: c.ID, Action: "contact.*"}, before, page.Limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("read the history of contact %s: %w", id, err)
	}
	if len(entries) <= page.Limit {
		return entries, "", nil
	}
	entries = entries[:page.Limit]
	return entries, store.Cursor(strconv.FormatInt(entries[page.Limit-1].Seq, 10)), nil
}
