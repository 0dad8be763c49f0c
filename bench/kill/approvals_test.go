package kill_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/bench/rig"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/test/binary"
)

const (
	perRound  = 12                     // requests that are asked for between two kills
	latest    = 150 * time.Millisecond // after which the server is killed, from the first decision on
	asksOfOne = 96                     // requests of one person: the limit of an hour is 100
	freshFor  = 3 * time.Minute        // for which a session decides without a new proof
)

func approvalKills(databaseURL string) int {
	switch {
	case binary.Full():
		return 100
	case databaseURL == "":
		return 3
	default:
		return 1
	}
}

// asked is one request. Whether it was run is seen on its thing: a device that goes, a person whose factors are reset, a role that is lent on a device.
type asked struct {
	id, action, thing string
	asker             string   // a token
	verb              string   // what the second person does with it: approve or refuse; or its requester: withdraw
	said              []string // what the server answered to that, "" if it was killed before it answered
}

func (r *asked) accepted() bool { return len(r.said) > 0 && r.said[len(r.said)-1] != "" }

type approvals struct {
	*testing.T

	i        *rig.Installation
	nodes    []*binary.Server
	clients  []*rig.Client // of the owner
	customer string
	roles    map[string]string // ids by what they are for
	asker    string            // a token: who asks at the moment
	may      int               // requests that the asker may still make
	people   int
	session  string // of the owner: a cookie
	since    time.Time

	mu       sync.Mutex // of what they are answered
	all      []*asked
	late     []*asked // that nobody decides
	killedAt []time.Time
}

// Whatever the moment at which a server is killed, what a second person approved is done once, and nothing else is done.
func TestWhatWasApprovedIsDoneOnce(t *testing.T) {
	rig.Each(t, func(t *testing.T, databaseURL string) {
		if databaseURL != "" && !binary.Full() {
			t.Skip("two nodes say as much")
		}
		approveAndKill(t, databaseURL, 1)
	})
	t.Run("two nodes", func(t *testing.T) {
		if os.Getenv(storetest.Env) == "" {
			t.Skip(storetest.Env + " is not set: two nodes need PostgreSQL")
		}
		approveAndKill(t, storetest.NewPostgres(t), 2)
	})
}

func approveAndKill(t *testing.T, databaseURL string, nodes int) {
	t.Helper()
	began, n := time.Now(), approvalKills(databaseURL)
	w := &approvals{
		T: t, i: rig.Install(t, databaseURL), nodes: make([]*binary.Server, nodes), clients: make([]*rig.Client, nodes), roles: map[string]string{},
	}
	for k := range nodes {
		w.serve(k)
	}
	w.customer = w.make("/api/customers", map[string]any{"name": "Northwind"})
	for what, q := range map[string]string{"devices": "full+device+access", "people": "team+administrator", "lent": "device+connection+only"} {
		w.roles[what] = w.find("/api/roles?q=" + q)
	}
	w.late = w.ask(3, 5)
	for k := range n {
		w.round(k % nodes)
		if t.Failed() {
			t.Fatalf("kill %d", k+1)
		}
	}
	waited := w.settle()
	f := w.check()
	f["kills"], f["nodes"], f["last_was_run_after_ms"], f["took_s"] = n, nodes, waited.Milliseconds(), int(time.Since(began).Seconds())
	f.Keep(t, "approvals", databaseURL)
}

func (w *approvals) serve(n int) {
	w.Helper()
	w.nodes[n] = w.i.Serve(w.T)
	w.clients[n] = rig.NewClient(w.nodes[n].URL, w.i.Token)
}

func (w *approvals) make(path string, body any) string {
	w.Helper()
	var made struct {
		ID string `json:"id"`
	}
	w.clients[0].Must(w.T, http.StatusCreated, "POST", path, body, &made)
	return made.ID
}

func (w *approvals) find(path string) string {
	w.Helper()
	var page struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	w.clients[0].Must(w.T, http.StatusOK, "GET", path, nil, &page)
	if len(page.Items) != 1 {
		w.Fatalf("%s: %d", path, len(page.Items))
	}
	return page.Items[0].ID
}

// person makes somebody who can work if there is a password.
func (w *approvals) person(password string) (id, email string) {
	w.Helper()
	w.people++
	email = fmt.Sprintf("person%d@example.com", w.people)
	body := map[string]any{"given_name": "Person", "email": email}
	if password != "" {
		body["password"] = password
	}
	return w.make("/api/technicians", body), email
}

// hire takes another requester, since one person alone may ask for 100 approvals an hour. They delete devices with an approval, as everybody does, and
// may look after people.
func (w *approvals) hire() {
	w.Helper()
	id, email := w.person("seven quiet rivers")
	w.clients[0].Must(w.T, http.StatusOK, "PATCH", "/api/technicians/"+id, map[string]any{"customer_ids": []string{w.customer}}, nil)
	for role, scope := range map[string]map[string]any{"devices": {"type": "customer", "id": w.customer}, "people": {"type": "organization"}} {
		w.make("/api/grants", map[string]any{"subject": map[string]any{"type": "technician", "id": id}, "role_id": w.roles[role], "scope": scope})
	}
	w.asker, w.may = w.i.TokenOf(w.T, email), asksOfOne
}

// ask makes n requests that wait for some minutes.
func (w *approvals) ask(n, minutes int) []*asked {
	w.Helper()
	if w.may < n {
		w.hire()
	}
	w.may -= n
	out := make([]*asked, n)
	for k := range out {
		r := &asked{asker: w.asker, verb: "approve"}
		switch rand.IntN(8) {
		case 0:
			r.verb = "refuse"
		case 1:
			r.verb = "withdraw"
		}
		var parameters map[string]any
		switch k % 4 {
		case 0:
			r.action = "factors.reset"
			r.thing, _ = w.person("")
			parameters = map[string]any{"technician_id": r.thing}
		case 1:
			r.action, r.thing = "grant", w.device()
			parameters = map[string]any{"role_id": w.roles["lent"], "scope": map[string]any{"type": "device", "id": r.thing}, "minutes": 60}
		default:
			r.action, r.thing = "device.delete", w.device()
			parameters = map[string]any{"device_id": r.thing}
		}
		var made struct {
			ID string `json:"id"`
		}
		w.clients[0].As(w.asker).Must(w.T, http.StatusCreated, "POST", "/api/approvals", map[string]any{
			"action": r.action, "parameters": parameters, "reason": "Scrapped", "expires_in_minutes": minutes,
		}, &made)
		r.id, out[k] = made.ID, r
	}
	w.all = append(w.all, out...)
	return out
}

func (w *approvals) device() string {
	w.Helper()
	return w.make("/api/devices", map[string]any{"name": "desk", "customer_id": w.customer})
}

// round has what is asked for decided by several hands at once, at all nodes, and kills a node in the middle of it.
func (w *approvals) round(node int) {
	w.Helper()
	ours := w.ask(perRound, 60)
	w.signIn()
	ctx, cancel := context.WithCancel(w.Context())
	begun := make(chan struct{}, perRound)
	var wg sync.WaitGroup
	for hand := range workers {
		wg.Go(func() {
			for k := hand; k < len(ours) && ctx.Err() == nil; k += workers {
				begun <- struct{}{}
				w.decide(ctx, w.clients[k%len(w.clients)], ours[k])
			}
		})
	}
	<-begun
	time.Sleep(rand.N(latest))
	w.nodes[node].Kill(w.T)
	w.mu.Lock()
	w.killedAt = append(w.killedAt, time.Now())
	w.mu.Unlock()
	if len(w.nodes) == 1 {
		cancel()
	}
	wg.Wait()
	cancel()
	w.clients[node].HTTP.CloseIdleConnections()
	w.serve(node)
}
