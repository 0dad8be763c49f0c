package message

import (
	"context"
	"errors"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

// errUnderWay asks whoever brings a report to bring it again: the answer to our own request is not written down yet.
var errUnderWay = errors.New("the message is still under way")

// Bounced takes in a server's report that a mail could not be delivered. It came to the mail's own reply address, so token is known to
// nobody but those who handled the mail: a report with another token changes nothing, and none changes anything twice. Only a mail that
// was sent can bounce; status is the code of RFC 3463, such as 5.1.1. The actor of ctx is of the organization that received it.
func (s *Service) Bounced(ctx context.Context, token, status string) error {
	orgID := access.ActorFrom(ctx).OrgID
	ctx = access.WithActor(ctx, access.System(orgID))
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		d, live, err := markBounced(ctx, tx, orgID, replyHash(token), reasonBounced+" "+status, store.Now())
		switch {
		case err != nil:
			return err
		case live:
			return errUnderWay
		case d.ID == "":
			s.Log.Info("a report of failed delivery names no mail that was sent", "organization", orgID)
			return nil
		}
		return s.tell(ctx, tx, d)
	})
}
