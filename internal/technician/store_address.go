package technician

import (
	"context"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// OwnsAddress says whether a phone number in E.164 or an email is a technician's own (R14), of whatever kind. What stands behind a plus sign
// in an email leads to the same mailbox, so it makes no difference.
func OwnsAddress(ctx context.Context, q store.Querier, org, address string) (bool, error) {
	mailbox, tagged := mailboxOf(input.FoldEmail(address))
	further := "" // is no other_phones
	if strings.HasPrefix(address, "+") && strings.Trim(address, "+0123456789") == "" {
		further = `%"` + address + `"%`
	}
	var n int
	err := q.QueryRowContext(ctx, `
		select count(*) from technician
		where org_id = $1 and (email_key = $2 or email_key like $3 escape '\' or (phone = $4 and phone <> '') or other_phones like $5)`,
		org, mailbox, tagged, address, further).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for the owner of an address: %w", err)
	}
	return n > 0, nil
}

// mailboxOf is an email without what stands behind a plus sign, and the pattern of all emails that differ from it only in that.
func mailboxOf(email string) (mailbox, tagged string) {
	local, domain, ok := strings.Cut(email, "@")
	if !ok {
		return email, ""
	}
	if name, _, plus := strings.Cut(local, "+"); plus && name != "" {
		local = name
	}
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	return local + "@" + domain, escape.Replace(local) + "+%@" + escape.Replace(domain)
}
