package accessreview

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/accessreview/reviewverify"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/document/markup"
	"countersign.dev/countersign/internal/document/pdf"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Report returns the signed report of a review that has ended: a table, pages, and a statement about both that proves them without us. That it was
// taken is an event.
func (s *Service) Report(ctx context.Context, id string) ([]byte, error) {
	if err := s.Guard.Check(ctx, perm.AdminReviews, object); err != nil {
		return nil, err
	}
	r, err := s.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.State != Ended {
		return nil, errNotEnded
	}
	select {
	case s.reports <- struct{}{}:
		defer func() { <-s.reports }()
	default:
		return nil, errBusy
	}
	o, err := organization.ByID(ctx, s.DB.Read(), r.OrgID)
	if err != nil {
		return nil, err
	}
	found, err := all(ctx, s.DB.Read(), r.OrgID, r.ID)
	if err != nil {
		return nil, err
	}
	table, err := tableOf(found)
	if err != nil {
		return nil, err
	}
	pages, err := pagesOf(o, r, found)
	if err != nil {
		return nil, err
	}
	c := r.Counts
	file, err := reviewverify.Write(reviewverify.Report{
		Format: reviewverify.Format, Organization: reviewverify.Named{ID: o.ID, Name: o.Name}, IssuedAt: store.Now(), PublicKey: s.Audit.PublicKey(),
		Review: reviewverify.Review{
			ID: r.ID, Name: r.Name, StartedAt: r.StartedAt, DueAt: r.DueAt, EndedAt: r.EndedAt, Unanswered: string(r.Unanswered), Grants: c.Items, Confirmed: c.Confirmed,
			Revoked: c.Revoked, Flagged: c.Flagged, Kept: c.Kept, Gone: c.Gone,
		},
	}, table, pages, func(what string, sum auditverify.Hash) (string, error) { return s.Audit.Attest(r.OrgID, what, sum) })
	if err != nil {
		return nil, fmt.Errorf("sign the report of review %s: %w", r.ID, err)
	}
	return file, s.Audit.Append(ctx, audit.Event{
		Action: "accessreview.report", Targets: []audit.Target{{Type: "accessreview", ID: r.ID, Name: r.Name}}, Detail: map[string]any{"grants": c.Items},
	})
}

// tableOf is the table of a report: a line for each right. Its columns are for programs and stay in English.
func tableOf(found []Item) ([]byte, error) {
	var out bytes.Buffer
	w := csvfile.NewWriter(&out)
	err := w.Write("subject_type", "subject_id", "subject", "role_id", "role", "scope_type", "scope_id", "scope", "granted_at", "granted_by", "not_before", "expires_at", "last_used",
		"answer", "automatic", "reason", "answered_by_id", "answered_by", "answered_at", "comment", "at_the_end", "grant_id", "kind")
	for _, i := range found {
		if err != nil {
			break
		}
		err = w.Write(string(i.Subject.Type), i.Subject.ID, i.Subject.Name, i.Role.ID, i.Role.Name, string(i.Scope.Type), i.Scope.ID, i.Scope.Name, written(i.GrantedAt),
			i.GrantedBy.Name, written(i.NotBefore), written(i.ExpiresAt), i.lastUse("not recorded", "never"), string(i.Answer), fmt.Sprint(i.Automatic), i.Reason,
			i.AnsweredBy.ID, i.AnsweredBy.Name, written(i.AnsweredAt), i.Comment, string(i.After), i.GrantID, string(i.Kind))
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return nil, fmt.Errorf("write the table of a report: %w", err)
	}
	return out.Bytes(), nil
}

// lastUse is when anything in a role was last used, in words where there is no time.
func (i Item) lastUse(unknown, never string) string {
	switch {
	case !i.UseKnown:
		return unknown
	case i.UsedAt.IsZero():
		return never
	}
	return written(i.UsedAt)
}

// pagesOf are the pages of a report, in the organization's language: the figures, then each person and team with what was answered.
func pagesOf(o organization.Organization, r Review, found []Item) ([]byte, error) {
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	t := english()
	if strings.HasPrefix(o.Locale, "fr") {
		t = french()
	}
	at := func(when time.Time) string { return when.In(zone).Format("2006-01-02 15:04 MST") }
	c := r.Counts
	blocks := []markup.Block{
		paragraph(fmt.Sprintf(t.span, at(r.StartedAt), at(r.EndedAt))),
		{Kind: markup.Points, Items: [][]markup.Span{
			text(fmt.Sprintf(t.grants, c.Items)), text(fmt.Sprintf(t.confirmed, c.Confirmed)), text(fmt.Sprintf(t.revoked, c.Revoked)), text(fmt.Sprintf(t.flagged, c.Flagged)), text(fmt.Sprintf(t.kept, c.Kept)),
			text(fmt.Sprintf(t.gone, c.Gone)),
		}},
		{Kind: markup.Note, Spans: text(t.rule[r.Unanswered])},
		paragraph(t.proof),
	}
	var last string
	for _, i := range found {
		if i.Subject.ID != last {
			last = i.Subject.ID
			blocks = append(blocks, markup.Block{Kind: markup.Heading, Level: 2, Spans: text(t.subject[string(i.Subject.Type)] + i.Subject.Name)}, markup.Block{Kind: markup.Points})
		}
		list := &blocks[len(blocks)-1]
		list.Items = append(list.Items, t.line(i, at))
	}
	out, err := pdf.Print(pdf.Document{Title: fmt.Sprintf(t.title, r.Name), Blocks: blocks, Language: t.language, Author: o.Name, Letter: o.Region == "US" || o.Region == "CA"})
	if err != nil {
		return nil, fmt.Errorf("print the report of review %s: %w", r.ID, err)
	}
	return out, nil
}

func text(s string) []markup.Span { return []markup.Span{{Text: s}} }

func paragraph(s string) markup.Block { return markup.Block{Kind: markup.Paragraph, Spans: text(s)} }
