package technician

import (
	"context"
	"fmt"
	"slices"
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

// AddressKey is what two ways to write the same address have in common: a mailbox without what stands behind a plus sign, or the number.
func AddressKey(address string) string {
	mailbox, _ := mailboxOf(input.FoldEmail(address))
	return mailbox
}

// Addresses are the keys of all addresses of a technician.
func (t Technician) Addresses() (keys []string) {
	add := func(address string) {
		if key := AddressKey(address); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	add(t.Email)
	add(t.Phone)
	for _, p := range t.OtherPhones {
		add(p.Number)
	}
	return keys
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
