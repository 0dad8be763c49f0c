package explain_test

import (
	"net/http"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/explain"
	"countersign.dev/countersign/internal/store/storetest"
)

// BenchmarkGraph asks over HTTP for what the console draws, with 1,000 technicians in 50 teams, 1,000 customers, 100,000 devices and 3,050 grants (goal: 200 ms).
func BenchmarkGraph(b *testing.B) {
	r := resourcetest.New(b, storetest.Open(b), "Large")
	boss := r.Person("boss@example.com", perm.Administrator)
	role := r.Role("Operator", perm.Devices, perm.DeviceView, perm.DeviceScreenControl, perm.DeviceFiles)
	const (
		many = `with recursive n(i) as (select 0 union all select i + 1 from n where i < cast($2 as bigint) - 1) `
		id   = `'01900000-0000-7000-8000-' || cast(`
	)
	for _, fill := range []struct {
		n    int
		text string
		args []any
	}{
		{1_000, `insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames, platform_role, owner, status, state,
			locale, time_zone, theme, search_text, created_at, updated_at, version) select $1, ` + id + `100000000000 + i as text), 'P', '', '', 'Person ' || i, 'person ' || i, i || '@example.com', i || '@example.com', '', '',
			'[]', 'technician', false, 'active', 'activated', '', '', 'auto', '', 1, 1, 1 from n`, nil},
		{1_000, `insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
			select $1, ` + id + `200000000000 + i as text), 'Customer ' || i, 'customer ' || i, '[]', '', '', 1, 1, 1 from n`, nil},
		{50, `insert into team (org_id, id, name, name_key, description, search_text, created_at, updated_at, version)
			select $1, ` + id + `300000000000 + i as text), 'Team ' || i, 'team ' || i, '', '', 1, 1, 1 from n`, nil},
		{1_000, `insert into team_member (org_id, team_id, technician_id, member, lead) select $1, ` + id + `300000000000 + i % 50 as text), ` + id + `100000000000 + i as text), true, false from n`, nil},
		{20_000, `insert into technician_customer (org_id, technician_id, customer_id) select $1, ` + id + `100000000000 + i % 1000 as text), ` + id + `200000000000 + (i / 1000) as text) from n`, nil},
		{100_000, `insert into device (org_id, id, group_id, customer_id, name, sort_name, platform, description, search_text, created_at, updated_at, version)
			select $1, ` + id + `400000000000 + i as text), null, ` + id + `200000000000 + i % 1000 as text), 'Device ' || i, 'device ' || i, 'linux', '', '', 1, 1, 1 from n`, nil},
		{3_000, `insert into grant_role (org_id, id, technician_id, role_id, scope_type, customer_id, reason, created_by, created_at)
			select $1, ` + id + `500000000000 + i as text), ` + id + `100000000000 + i % 1000 as text), $3, 'customer', ` + id + `200000000000 + i % 30 as text), '', '', 1 from n`, []any{role}},
		{50, `insert into grant_role (org_id, id, team_id, role_id, scope_type, reason, created_by, created_at)
			select $1, ` + id + `600000000000 + i as text), ` + id + `300000000000 + i as text), $3, 'all_devices', '', '', 1 from n`, []any{role}},
	} {
		r.Exec(many+fill.text, append([]any{fill.n}, fill.args...)...)
	}
	s := r.Serve(map[string]access.Actor{"boss": boss}, explain.New(r.DB, r.Guard, r.Guard).Routes)
	for name, query := range map[string]string{
		"overview": "",
		"device":   "?focus_type=device&focus_id=01900000-0000-7000-8000-400000000001",
		"table":    "?limit=2000&focus_type=device&focus_id=01900000-0000-7000-8000-400000000001",
		"person":   "?focus_type=technician&focus_id=01900000-0000-7000-8000-100000000001",
		"role":     "?focus_type=role&focus_id=" + role,
		"platform": "?focus_type=platform_role&focus_id=technician",
	} {
		b.Run(name, func(b *testing.B) {
			nodes := 0
			for b.Loop() {
				status, got, _ := s.Do("boss", http.MethodGet, "/api/access-graph"+query, "")
				list, _ := got["nodes"].([]any)
				if nodes = len(list); status != http.StatusOK || nodes < 4 {
					b.Fatal(status, got)
				}
			}
			b.ReportMetric(float64(nodes), "nodes")
		})
	}
}
