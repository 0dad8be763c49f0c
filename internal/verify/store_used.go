package verify

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// ProvedWith says whether a contact has ever proved who they are with an address.
func ProvedWith(ctx context.Context, q store.Querier, org, contactID, address string) (proved bool, err error) {
	err = q.QueryRowContext(ctx, `
		select exists (select 1 from verify_challenge where org_id = $1 and address = $2 and contact_id = $3 and state = 'verified')`,
		org, address, contactID).Scan(&proved)
	if err != nil {
		return false, fmt.Errorf("look for proofs of contact %s: %w", contactID, err)
	}
	return proved, nil
}
