package explain_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/explain"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store/storetest"
)

func (w *world) graph(actor string, query ...string) (int, fields) {
	w.T.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	status, got, _ := w.Do(actor, http.MethodGet, "/api/access-graph?"+values.Encode(), "")
	return status, got
}

func TestAGraphShowsByWhatSomebodyReachesADevice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Deny(w.una.ID, perm.DeviceView, resourcetest.Scope{Type: "customer", ID: w.customer})
		status, got := w.graph("boss", "focus_type", "device", "focus_id", w.device)
		text := jsonOf(t, got)
		for _, want := range []string{
			`"key":"p:` + w.tom.ID + `"`, `"name":"tom@example.com"`, `"name":"Night shift"`, `"name":"Operator"`, `"of":"Northwind"`,
			`"scope":{"hidden":false,"id":"` + w.group + `","name":"Servers","type":"device_group"}`,
			`"miss":"expired"`, `"name":"Carrier"`, `"type":"deny"`, `"permission":"device.view"`, `"type":"platform_role"`, `"id":"` + w.lapsed + `"`, `"expires_at":"2025-11-30T00:00:00Z"`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", text, want)
			}
		}
		if status != http.StatusOK {
			t.Fatal(status)
		}
		// A permission, a way, and what counts narrow it.
		if _, got = w.graph("boss", "focus_type", "device", "focus_id", w.device, "permission", "device.files", "counting", "true"); strings.Contains(jsonOf(t, got), w.tom.ID) {
			t.Errorf("nobody lets Tom have files any more: %v", got)
		}
		if _, got = w.graph("boss", "focus_type", "device", "focus_id", w.device, "way", "team"); strings.Contains(jsonOf(t, got), "Carrier") || !strings.Contains(jsonOf(t, got), "Operator") {
			t.Errorf("by a team: %v", got)
		}
		if _, got = w.graph("boss", "focus_type", "device", "focus_id", w.device, "way", "override"); strings.Contains(jsonOf(t, got), "Operator") || !strings.Contains(jsonOf(t, got), w.una.ID) {
			t.Errorf("by overrides: %v", got)
		}
		// Everybody at once is counted.
		if _, got = w.graph("boss"); !strings.Contains(jsonOf(t, got), `"count":3`) || !strings.Contains(jsonOf(t, got), "Night shift") || !strings.Contains(jsonOf(t, got), "Operator") {
			t.Errorf("the overview: %v", got)
		}
	})
}

func TestAGraphIsForThoseWhoMayAsk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		neighbour := furnish(w.Beside("Neighbour"))
		hidden := w.Customer("Hidden from Tom")
		w.Grant(w.tom.ID, w.Role("Waiting", perm.Devices, perm.DeviceView), resourcetest.Scope{Type: "customer", ID: hidden}, false)
		for name, tc := range map[string]struct {
			actor, kind, id string
			want            int
			code            string
		}{
			"everybody, by an administrator": {"boss", "", "", 200, ""},
			"everybody":                      {"tom", "", "", 403, "explain.others"},
			"oneself":                        {"tom", "technician", w.tom.ID, 200, ""},
			"another":                        {"tom", "technician", w.una.ID, 403, "explain.others"},
			"nobody":                         {"boss", "technician", id.New(), 404, "technician.not_found"},
			"a neighbour":                    {"boss", "technician", neighbour.tom.ID, 404, "technician.not_found"},
			"one’s own team":                 {"tom", "team", w.team, 403, "explain.others"},
			"a neighbour’s team":             {"boss", "team", neighbour.team, 404, "access.not_found"},
			"a neighbour’s device":           {"boss", "device", neighbour.device, 404, "access.not_found"},
			"a neighbour’s customer":         {"boss", "customer", neighbour.customer, 404, "access.not_found"},
			"no role":                        {"boss", "role", id.New(), 404, "access.not_found"},
			"no platform role":               {"boss", "platform_role", "emperor", 404, "access.not_found"},
			"a platform role":                {"boss", "platform_role", "technician", 200, ""},
			"a device without the right":     {"tom", "device", w.device, 403, "explain.others"},
			"a token for less":               {"narrow", "device", w.device, 404, "access.not_found"},
			"a whole":                        {"boss", "all_devices", "", 200, ""},
		} {
			status, got := w.graph(tc.actor, "focus_type", tc.kind, "focus_id", tc.id)
			if code, _ := got["code"].(string); status != tc.want || code != tc.code {
				t.Errorf("%s: %d %v", name, status, got)
			}
			if text := jsonOf(t, got); strings.Contains(text, neighbour.Org.ID) || strings.Contains(text, neighbour.tom.ID) {
				t.Errorf("%s: the neighbour shows: %s", name, text)
			}
		}
		// What one may not see has no name, also where it is one’s own grant.
		_, got := w.graph("tom", "focus_type", "technician", "focus_id", w.tom.ID)
		if text := jsonOf(t, got); strings.Contains(text, "Hidden from Tom") || !strings.Contains(text, `"hidden":true,"id":"`+hidden+`"`) || !strings.Contains(text, `"miss":"customer_missing"`) {
			t.Error(text)
		}
		// A token for less gets no names either.
		if _, got = w.graph("narrow", "focus_type", "technician", "focus_id", w.tom.ID); strings.Contains(jsonOf(t, got), "Northwind") {
			t.Error(got)
		}
		if status, got := w.graph("boss", "permission", "device.fly"); status != http.StatusUnprocessableEntity {
			t.Error(status, got)
		}
	})
}

func TestAGraphStaysWithinItsBoundsAndCountsTheRest(t *testing.T) {
	w := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	for i := range 90 {
		p := w.Person(fmt.Sprintf("night%02d@example.com", i), perm.Technician)
		w.Exec(`insert into team_member (org_id, team_id, technician_id, member, lead) values ($1, $2, $3, true, false)`, w.team, p.ID)
		w.Assigned(p.ID, w.customer)
	}
	ctx := access.WithActor(t.Context(), w.boss)
	s := explain.New(w.DB, w.Guard, w.Guard)
	for _, limit := range []int{20, 50, 200} {
		g, err := s.Graph(ctx, explain.Drawing{Focus: explain.On{Type: "team", ID: w.team}, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		shown, more := 0, 0
		for _, n := range g.Nodes {
			if n.Column == explain.People {
				if shown++; n.Type == "more" {
					more, shown = n.Count, shown-1
				}
			}
		}
		if len(g.Nodes) > limit || shown+more != 91 || g.Totals[explain.People] != 91 || g.Cut {
			t.Errorf("%d: %d nodes, %d people and %d more", limit, len(g.Nodes), shown, more)
		}
		for _, e := range g.Edges {
			if !slices.ContainsFunc(g.Nodes, func(n explain.Node) bool { return n.Key == e.From }) || !slices.ContainsFunc(g.Nodes, func(n explain.Node) bool { return n.Key == e.To }) {
				t.Errorf("%d: %v leads to nothing", limit, e)
			}
		}
		again, _ := s.Graph(ctx, explain.Drawing{Focus: explain.On{Type: "team", ID: w.team}, Limit: limit})
		if jsonOf(t, g) != jsonOf(t, again) {
			t.Errorf("%d: another order", limit)
		}
	}
}

// Over random organizations, what the edges of a graph come to, put together from a person to the end, is who the engine says may do it; and every path is a way
// that the engine has, and every way a path.
func TestPathsOfAGraphAreTheWaysOfTheEngine(t *testing.T) {
	db, paths, reached := storetest.Open(t), 0, 0
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 35))
		w := furnish(resourcetest.New(t, db, fmt.Sprint("Org ", seed)))
		places := random(w, r)
		ctx, s := access.WithActor(t.Context(), w.boss), explain.New(w.DB, w.Guard, w.Guard)
		e, err := w.Guard.Engine(ctx, w.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		draw := func(d explain.Drawing) explain.Graph {
			d.Limit = 2000
			g, err := s.Graph(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		for _, on := range places {
			for _, p := range []perm.Permission{perm.DeviceView, perm.DeviceTerminal, perm.DeviceDelete} {
				var want []string
				for _, who := range w.people() {
					if e.Check(time.Now(), who, p, on) != engine.Deny {
						want = append(want, who)
					}
				}
				got := slices.Sorted(maps.Keys(along(draw(explain.Drawing{Focus: explain.On{Type: string(on.Type), ID: on.ID}, Permission: p}), true)))
				if slices.Sort(want); !slices.Equal(got, want) {
					t.Fatalf("world %d: %s on %v: drawn %v, the engine says %v", seed, p, on, got, want)
				}
				reached += len(want)
			}
		}
		check := func(focus explain.On, ways engine.Ways) {
			want := map[string]map[string]bool{}
			for _, way := range ways.All {
				who := way.Who.String()
				if want[who] == nil {
					want[who] = map[string]bool{}
				}
				want[who]["x:"+string(way.On.Type)+":"+way.On.ID] = true
			}
			got := along(draw(explain.Drawing{Focus: focus}), false)
			if !maps.EqualFunc(got, want, maps.Equal) {
				t.Fatalf("world %d: %v: drawn %v, the engine says %v", seed, focus, got, want)
			}
			paths += len(want)
		}
		now := time.Now()
		for _, who := range w.people() {
			check(explain.On{Type: "technician", ID: who}, e.WaysOf(now, "", who))
		}
		for _, g := range e.Overview(now, "") {
			if g.By == engine.ByGrant {
				check(explain.On{Type: "role", ID: g.Role.String()}, e.WaysOfRole(now, "", g.Role.String()))
			}
			for _, share := range g.Teams {
				check(explain.On{Type: "team", ID: share.Team.String()}, e.WaysOfTeam(now, "", share.Team.String()))
			}
		}
		check(explain.On{Type: "platform_role", ID: "technician"}, e.WaysOfPlatformRole(now, "", perm.Technician, ""))
	}
	if paths < 100 || reached < 50 {
		t.Errorf("%d paths, %d reached: the worlds ask nothing", paths, reached)
	}
}

// along are the places to which edges lead from each person; only edges on which something is allowed, if leading.
func along(g explain.Graph, leading bool) map[string]map[string]bool {
	next := map[string][]string{}
	for _, e := range g.Edges {
		if !leading || e.State == explain.Allowed || e.State == explain.Asking {
			next[e.From] = append(next[e.From], e.To)
		}
	}
	out := map[string]map[string]bool{}
	for _, n := range g.Nodes {
		if n.Column != explain.People {
			continue
		}
		for todo := next[n.Key]; len(todo) > 0; todo = todo[1:] {
			if strings.HasPrefix(todo[0], "x:") {
				if out[n.ID] == nil {
					out[n.ID] = map[string]bool{}
				}
				out[n.ID][todo[0]] = true
			}
			todo = append(todo, next[todo[0]]...)
		}
	}
	return out
}

// people are all technicians of a world.
func (w *world) people() (out []string) {
	w.T.Helper()
	rows, err := w.DB.Read().QueryContext(w.T.Context(), `select id from technician where org_id = $1 order by id`, w.Org.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			w.T.Fatal(err)
		}
		out = append(out, one)
	}
	return out
}

// random furnishes an organization by chance, and says what can be asked about.
func random(w *world, r *rand.Rand) (places []engine.Target) {
	one := func(of []string) string { return of[r.IntN(len(of))] }
	var people, teams, roles []string
	for i := range 8 {
		p := w.Person(fmt.Sprintf("p%d@example.com", i), []perm.Role{perm.Technician, perm.Technician, perm.Manager, perm.ReadOnly}[r.IntN(4)])
		people = append(people, p.ID)
	}
	for i := range 3 {
		teams = append(teams, w.Team(fmt.Sprint("Team ", i), people[r.IntN(4)], people[4+r.IntN(4)]))
		w.Exec(`insert into team_customer (org_id, team_id, customer_id) values ($1, $2, $3)`, teams[i], w.customer)
	}
	scopes := []resourcetest.Scope{{Type: "all_devices"}}
	for i := range 4 {
		c := w.Customer(fmt.Sprint("Customer ", i))
		g := w.Group(fmt.Sprint("Group ", i), c)
		d := w.Device(fmt.Sprint("Device ", i), g, c)
		scopes = append(scopes, resourcetest.Scope{Type: "customer", ID: c}, resourcetest.Scope{Type: "device_group", ID: g}, resourcetest.Scope{Type: "device", ID: d})
		w.Assigned(people[r.IntN(4)], c)
		w.Assigned(people[4+r.IntN(4)], c)
	}
	for i, ps := range [][]perm.Permission{{perm.DeviceView}, {perm.DeviceView, perm.DeviceTerminal}, {perm.DeviceView, perm.DeviceDelete}} {
		roles = append(roles, w.Role(fmt.Sprint("Role ", i), perm.Devices, ps...))
	}
	for range 24 {
		on, team := scopes[r.IntN(len(scopes))], r.IntN(2) == 0
		to := one(people)
		if team {
			to = one(teams)
		}
		if key := w.Grant(to, one(roles), on, team); r.IntN(5) == 0 {
			w.Exec(`update grant_role set expires_at = 1764460800000000 where org_id = $1 and id = $2`, key)
		}
	}
	for range 4 {
		w.Deny(one(people), []perm.Permission{perm.DeviceView, perm.DeviceTerminal}[r.IntN(2)], scopes[r.IntN(len(scopes))])
	}
	for _, s := range scopes {
		places = append(places, engine.Target{Type: engine.Type(s.Type), ID: s.ID})
	}
	return places
}
