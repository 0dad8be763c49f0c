package explain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/store"
)

const technicians kind = "technician"

// selects say where the name of something stands, and whose it is.
var selects = map[kind]string{
	technicians:   `select x.id, x.display_name, '', '' from technician x`,
	teams:         `select x.id, x.name, '', '' from team x`,
	roles:         `select x.id, x.name, '', '' from role x`,
	platformRoles: `select x.id, x.name, '', '' from platformrole x`,
	customers:     `select x.id, x.name, '', '' from customer x`,
	groups:        `select x.id, x.name, coalesce(c.name, ''), coalesce(c.id, '') from device_group x left join customer c on c.org_id = x.org_id and c.id = x.customer_id`,
	devices:       `select x.id, x.name, coalesce(c.name, ''), coalesce(c.id, '') from device x left join customer c on c.org_id = x.org_id and c.id = x.customer_id`,
}

// titles calls fn for each of the ids that has a name.
func titles(ctx context.Context, q store.Querier, org string, of kind, ids []string, fn func(id string, t title)) error {
	if selects[of] == "" { // what has no name
		return nil
	}
	for part := range slices.Chunk(ids, several) {
		w := &store.Where{}
		w.Add("x.org_id = ?", org)
		w.In("x.id", part)
		err := store.EachRow(ctx, q, selects[of]+w.SQL(), w.Args(), func(scan func(...any) error) error {
			var id string
			var t title
			err := scan(&id, &t.name, &t.customer, &t.owner)
			fn(id, t)
			return err
		})
		if err != nil {
			return fmt.Errorf("read names: %w", err)
		}
	}
	return nil
}

// Rule is a grant or an override with what people said about it.
type Rule struct {
	ID       string
	Override bool
	Team     bool // it is a team's
	Subject  Named
	Reason   string // of a grant
	By       Named
	At       time.Time
	From     time.Time // zero for always
	Until    time.Time // zero for ever
}

// rules are some grants and overrides, in order of id.
func rules(ctx context.Context, q store.Querier, org string, wanted map[string]bool) (out []Rule, err error) {
	const (
		columns = `select g.id, g.team_id is not null, coalesce(g.team_id, g.technician_id), coalesce(m.name, t.display_name, ''), g.created_by, coalesce(b.display_name, ''),
			g.created_at, g.not_before, g.expires_at, `
		joins = ` g left join team m on m.org_id = g.org_id and m.id = g.team_id left join technician t on t.org_id = g.org_id and t.id = g.technician_id
			left join technician b on b.org_id = g.org_id and b.id = g.created_by`
	)
	for part := range slices.Chunk(sortedKeys(wanted), several) {
		for _, from := range []string{columns + `g.reason, false from grant_role` + joins, columns + `'', true from grant_override` + joins} {
			w := &store.Where{}
			w.Add("g.org_id = ?", org)
			w.In("g.id", part)
			err := store.EachRow(ctx, q, from+w.SQL(), w.Args(), func(scan func(...any) error) error {
				var r Rule
				err := scan(&r.ID, &r.Team, &r.Subject.ID, &r.Subject.Name, &r.By.ID, &r.By.Name, (*store.Time)(&r.At), (*store.Time)(&r.From), (*store.Time)(&r.Until),
					&r.Reason, &r.Override)
				out = append(out, r)
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("list grants and overrides: %w", err)
			}
		}
	}
	slices.SortFunc(out, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}
