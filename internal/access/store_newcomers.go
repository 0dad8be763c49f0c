package access

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/store"
)

// newcomers are the technicians that a transaction has made.
func newcomers(ctx context.Context, tx *store.Tx, outside store.Querier, org string, changed []change) (map[string]Newcomer, error) {
	var ids []string
	for _, c := range changed {
		if c.kind == "technician" {
			ids = append(ids, c.id)
		}
	}
	slices.Sort(ids)
	made := map[string]Newcomer{}
	for some := range slices.Chunk(slices.Compact(ids), atOnce) {
		in := &store.Where{}
		in.Add("org_id = ?", org)
		in.In("id", some)
		err := store.EachRow(ctx, tx, `
			select id, display_name, platform_role, coalesce((select r.id from platformrole_technician x join platformrole r on r.org_id = x.org_id and r.id = x.platformrole_id
				where x.org_id = technician.org_id and x.technician_id = technician.id and r.based_on = technician.platform_role), ''),
				status = 'active' and state <> 'activated' from technician`+in.SQL(), in.Args(), func(scan scan) error {
			var id string
			var one Newcomer
			err := scan(&id, &one.Name, &one.role, &one.own, &one.Coming)
			made[id] = one
			return err
		})
		if err != nil {
			return nil, err
		}
		err = store.EachRow(ctx, outside, `select id from technician`+in.SQL(), in.Args(), func(scan scan) error {
			var id string
			err := scan(&id)
			delete(made, id)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}
