package explain_test

import (
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/explain"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// Where there is more than one question looks at, the graph says that it is cut; what it shows is true all the same, within its bounds, and the customers for which
// there is no room are one node that counts them.
func TestAGraphThatIsCutSaysSoAndShowsNothingWrong(t *testing.T) {
	w := resourcetest.New(t, storetest.Open(t), "Large")
	boss := w.Person("boss@example.com", perm.Administrator)
	const (
		people, customers = 260, 200 // together more than 50,000
		many              = `with recursive n(i) as (select 0 union all select i + 1 from n where i < cast($2 as bigint) - 1) `
		id                = `'01900000-0000-7000-8000-' || cast(`
	)
	w.Exec(many+`insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames, platform_role, owner,
			status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
		select $1, `+id+`100000000000 + i as text), 'P', '', '', 'Person ' || i, 'person ' || i, i || '@example.com', i || '@example.com', '', '', '[]', 'technician', false, 'active', 'activated',
			'', '', 'auto', '', 1, 1, 1 from n`, people)
	w.Exec(many+`insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
		select $1, `+id+`200000000000 + i as text), 'Customer ' || i, 'customer ' || i, '[]', '', '', 1, 1, 1 from n`, customers)
	w.Exec(many+`insert into technician_customer (org_id, technician_id, customer_id)
		select $1, `+id+`100000000000 + i % 260 as text), `+id+`200000000000 + (i / 260) as text) from n`, people*customers)
	ctx := access.WithActor(t.Context(), boss)
	s := explain.New(w.DB, w.Guard, w.Guard)
	draw := func(limit int) explain.Graph {
		t.Helper()
		g, err := s.Graph(ctx, explain.Drawing{Focus: explain.On{Type: "platform_role", ID: string(perm.Technician)}, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	e, err := w.Guard.Engine(ctx, boss.OrgID)
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{20, 200, 2000} {
		g := draw(limit)
		if !g.Cut || len(g.Nodes) > limit {
			t.Errorf("%d: cut %v, %d nodes", limit, g.Cut, len(g.Nodes))
		}
		var shown, more [4]int
		for _, n := range g.Nodes {
			if n.Type == "more" {
				more[n.Column] += n.Count
				continue
			}
			shown[n.Column]++
			if n.Column == explain.People && (n.Reached > n.Ends || n.State == explain.Idle) {
				t.Errorf("%d: %+v", limit, n)
			}
		}
		for c, total := range g.Totals {
			if shown[c]+more[c] != total {
				t.Errorf("%d: column %d has %d shown and %d more of %d", limit, c, shown[c], more[c], total)
			}
		}
		if g.Totals[explain.People] == 0 || g.Totals[explain.People] >= people || g.Totals[explain.Places] < customers {
			t.Errorf("%d: totals %v", limit, g.Totals)
		}
	}
	found := e.WaysOfPlatformRole(store.Now(), "", perm.Technician, "")
	if !found.Cut || len(found.All) == 0 {
		t.Fatalf("%d ways, cut %v", len(found.All), found.Cut)
	}
	for i := range found.All {
		if i%97 != 0 || found.All[i].Miss != "" {
			continue
		}
		way := &found.All[i]
		for _, p := range way.Counts.Permissions() {
			if outcome, _ := e.CheckAs(store.Now(), engine.As{ID: way.Who.String(), Role: perm.Technician}, p, way.On); outcome == engine.Deny {
				t.Fatalf("%s of %v on %v counts, and is denied", p, way.Who, way.On)
			}
		}
	}
}
