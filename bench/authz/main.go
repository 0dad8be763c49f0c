// Command authzbench puts several authorization engines side by side on one synthetic MSP.
// Each engine runs in its own child process, so that the heap figure is its own.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

type entry struct {
	name  string
	scale int // the tenant side is divided by this
	make  func() Engine
}

var engines = []entry{
	{"countersign", 1, func() Engine { return &own{} }},
	{"casbin-v2", 1, func() Engine { return &casbinEngine{version: 2} }},
	{"casbin-v3", 1, func() Engine { return &casbinEngine{version: 3} }},
	{"casbin-v3-domains", 1, func() Engine { return &casbinEngine{version: 3, domains: true} }},
	{"cedar-go", 1, func() Engine { return &cedarEngine{} }},
	{"cedar-go-sliced", 1, func() Engine { return &cedarEngine{sliced: true} }},
	{"openfga-indexed-static", 1, func() Engine { return &fga{backend: "indexed"} }},
	{"openfga-indexed-dynamic", 1, func() Engine { return &fga{backend: "indexed", dynamic: true} }},
	{"openfga-indexed-dynamic-cached", 1, func() Engine { return &fga{backend: "indexed", dynamic: true, cached: true} }},
	{"openfga-indexed-dynamic-wgraph", 1, func() Engine { return &fga{backend: "indexed", dynamic: true, v2: true} }},
	{"openfga-sqlite-static", 1, func() Engine { return &fga{backend: "sqlite"} }},
	{"openfga-sqlite-dynamic-wgraph", 1, func() Engine { return &fga{backend: "sqlite", dynamic: true, v2: true} }},
	{"openfga-memory-static", 10, func() Engine { return &fga{backend: "memory"} }},
}

type stat struct {
	N              int
	Mean, P50, P99 float64 // ns
	Allocs, Bytes  float64 // per op
	Items          float64 // mean result size
	Err            string  `json:",omitempty"`
}

type report struct {
	Engine, Note, Workload string
	Scale                  int
	LoadMs, HeapMB         float64
	Check, List, ListAll   stat
	Who, Explain, Update   stat
	Extra                  map[string]float64 `json:",omitempty"`
	Wrong, ListCap         int
	Verified               string
}

// measure runs op until the budget is gone; fast operations are timed in blocks as well, because
// reading the clock costs about as much as they do.
func measure(budget time.Duration, maxOps int, op func(i int) (int, error)) (s stat) {
	var lat []float64
	var items int
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	t0 := time.Now()
	n0, err := op(0) // warm
	if err != nil {
		s.Err = err.Error()
		return
	}
	if d := time.Since(t0); d > budget { // too slow for more than one
		runtime.ReadMemStats(&m1)
		x := float64(d.Nanoseconds())
		return stat{
			N: 1, Mean: x, P50: x, P99: x, Items: float64(n0),
			Allocs: float64(m1.Mallocs - m0.Mallocs), Bytes: float64(m1.TotalAlloc - m0.TotalAlloc),
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&m0)
	start := time.Now()
	for i := 0; i < maxOps && time.Since(start) < budget; i++ {
		t := time.Now()
		n, err := op(i)
		lat = append(lat, float64(time.Since(t).Nanoseconds()))
		if err != nil {
			s.Err = err.Error()
			return
		}
		items += n
	}
	runtime.ReadMemStats(&m1)
	s.N = len(lat)
	var sum float64
	for _, x := range lat {
		sum += x
	}
	s.Mean = sum / float64(s.N)
	s.Items = float64(items) / float64(s.N)
	s.Allocs = float64(m1.Mallocs-m0.Mallocs) / float64(s.N)
	s.Bytes = float64(m1.TotalAlloc-m0.TotalAlloc) / float64(s.N)
	slices.Sort(lat)
	s.P50 = lat[len(lat)/2]
	s.P99 = lat[min(len(lat)-1, len(lat)*99/100)]
	if s.Mean < 3000 { // block timing, three blocks, keep the median
		var b []float64
		for k := 0; k < 3; k++ {
			t := time.Now()
			n := 200000
			for i := 0; i < n; i++ {
				op(i)
			}
			b = append(b, float64(time.Since(t).Nanoseconds())/float64(n))
		}
		slices.Sort(b)
		s.Mean = b[1]
	}
	return
}

func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

func sorted(x []int32) []int32 { x = slices.Clone(x); slices.Sort(x); return x }

func runOne(en entry, p Params, budget time.Duration) report {
	p = p.Scale(en.scale)
	w := NewWorkload(p)
	e := en.make()
	r := report{Engine: en.name, Note: e.Note(), Workload: w.String(), Scale: en.scale, Extra: map[string]float64{}}
	h0 := heap()
	t0 := time.Now()
	if err := e.Load(w); err != nil {
		r.Check.Err = "load: " + err.Error()
		return r
	}
	r.LoadMs = float64(time.Since(t0).Microseconds()) / 1000
	r.HeapMB = heap() - h0

	// Verify first (this also warms up), within a budget.
	deadline := time.Now().Add(budget)
	checked := 0
	for i := 0; i < len(w.Checks) && (i < 50 || time.Now().Before(deadline)); i++ {
		q := w.Checks[i]
		got, err := e.Check(q)
		if err != nil || got != q.Want {
			r.Wrong++
		}
		checked++
	}
	r.Verified = fmt.Sprintf("%d checks", checked)
	if res, err := e.List(int32(w.Typical[0]), w.ViewPerm); err == nil {
		want := w.RefList(int32(w.Typical[0]), w.ViewPerm)
		if c, ok := e.(interface{ ListCap() int }); ok {
			want = slices.DeleteFunc(want, func(d int32) bool { return int(d) >= c.ListCap() })
			r.ListCap = c.ListCap()
		}
		if !slices.Equal(sorted(res.IDs()), want) {
			r.Wrong++
		}
		r.Verified += ", 1 list"
	}
	if res, err := e.Who(w.WhoDevices[0], w.ViewPerm); err == nil {
		if !slices.Equal(sorted(res.IDs()), w.RefWho(w.WhoDevices[0], w.ViewPerm)) {
			r.Wrong++
		}
		r.Verified += ", 1 who"
	}

	r.Check = measure(budget, 200000, func(i int) (int, error) {
		q := w.Checks[i%len(w.Checks)]
		ok, err := e.Check(q)
		if ok {
			return 1, err
		}
		return 0, err
	})
	r.List = measure(budget, 20000, func(i int) (int, error) {
		res, err := e.List(int32(w.Typical[i%len(w.Typical)]), w.ViewPerm)
		if err != nil {
			return 0, err
		}
		return res.Len(), nil
	})
	if len(w.Noc) > 0 {
		r.ListAll = measure(budget, 5000, func(i int) (int, error) {
			res, err := e.List(int32(w.Noc[i%len(w.Noc)]), w.ViewPerm)
			if err != nil {
				return 0, err
			}
			return res.Len(), nil
		})
	}
	r.Who = measure(budget, 100000, func(i int) (int, error) {
		res, err := e.Who(w.WhoDevices[i%len(w.WhoDevices)], w.ViewPerm)
		if err != nil {
			return 0, err
		}
		return res.Len(), nil
	})
	if x, ok := e.(Explainer); ok {
		r.Explain = measure(budget, 100000, func(i int) (int, error) { return x.Explain(w.Checks[i%len(w.Checks)]) })
	}
	if u, ok := e.(Updater); ok { // a fresh grant to a technician on a device nobody gave it, then the check that sees it
		n := 0
		r.Update = measure(budget, 2000, func(int) (int, error) {
			t := int32(w.Typical[n%len(w.Typical)])
			d := int32(n * 7919 % w.P.Devices)
			n++
			if err := u.AddGrant(Grant{SubTech, t, false, d, 0}); err != nil {
				return 0, err
			}
			ok, err := e.Check(Query{t, d, w.ViewPerm, true})
			if err == nil && !ok {
				return 0, fmt.Errorf("grant not visible")
			}
			return 1, err
		})
	}
	if c, ok := e.(interface{ Close() }); ok {
		c.Close()
	}
	return r
}

func ns(x float64) string {
	switch {
	case x == 0:
		return "-"
	case x < 1e3:
		return fmt.Sprintf("%.1f ns", x)
	case x < 1e6:
		return fmt.Sprintf("%.2f us", x/1e3)
	case x < 1e9:
		return fmt.Sprintf("%.2f ms", x/1e6)
	}
	return fmt.Sprintf("%.2f s", x/1e9)
}

func cell(s stat) string {
	if s.Err != "" {
		return "error: " + s.Err
	}
	if s.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%s (p99 %s, %.0f allocs, n=%d)", ns(s.Mean), ns(s.P99), s.Allocs, s.N)
}

func main() {
	p := DefaultParams()
	var names, one, out string
	var budget time.Duration
	flag.StringVar(&names, "engines", "", "comma separated; empty: all")
	flag.StringVar(&one, "one", "", "run one engine in this process and print JSON")
	flag.StringVar(&out, "out", "", "also write the JSON reports to this file")
	flag.DurationVar(&budget, "budget", 4*time.Second, "time for each kind of query")
	flag.IntVar(&p.Techs, "techs", p.Techs, "")
	flag.IntVar(&p.Depts, "depts", p.Depts, "")
	flag.IntVar(&p.Customers, "customers", p.Customers, "")
	flag.IntVar(&p.Devices, "devices", p.Devices, "")
	flag.IntVar(&p.Grants, "grants", p.Grants, "")
	flag.IntVar(&p.Roles, "roles", p.Roles, "")
	flag.Parse()
	if one != "" {
		for _, en := range engines {
			if en.name == one {
				json.NewEncoder(os.Stdout).Encode(runOne(en, p, budget))
				return
			}
		}
		fmt.Fprintln(os.Stderr, "no engine", one)
		os.Exit(2)
	}
	var reps []report
	fmt.Println("| engine | load | heap | Check | ListDevices typical | ListDevices NOC | WhoCan | Explain | grant then Check | wrong answers |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|")
	for _, en := range engines {
		if names != "" && !slices.Contains(strings.Split(names, ","), en.name) {
			continue
		}
		args := []string{"-one", en.name, "-budget", budget.String()}
		flag.Visit(func(f *flag.Flag) {
			if f.Name != "engines" && f.Name != "out" && f.Name != "budget" && f.Name != "one" {
				args = append(args, "-"+f.Name, f.Value.String())
			}
		})
		c := exec.Command(os.Args[0], args...)
		c.Stderr = os.Stderr
		t := time.Now()
		b, err := c.Output()
		var r report
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		if err != nil {
			r = report{Engine: en.name}
			r.Check.Err = err.Error()
		}
		fmt.Fprintf(os.Stderr, "%-32s %s\n", en.name, time.Since(t).Round(time.Second))
		reps = append(reps, r)
		row(r)
		if out != "" {
			j, _ := json.MarshalIndent(reps, "", " ")
			if err := os.WriteFile(out, j, 0o644); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
}

func row(r report) {
	n := r.Engine
	if r.Scale > 1 {
		n += fmt.Sprintf(" (tenant side 1/%d)", r.Scale)
	}
	li, la, wh := cell(r.List), cell(r.ListAll), cell(r.Who)
	if r.List.N > 0 {
		li += fmt.Sprintf(" %.0f devices", r.List.Items)
	}
	if r.ListAll.N > 0 {
		la += fmt.Sprintf(" %.0f devices", r.ListAll.Items)
	}
	if r.ListCap > 0 {
		li += fmt.Sprintf(" of the first %d", r.ListCap)
		la += fmt.Sprintf(" of the first %d", r.ListCap)
	}
	if r.Who.N > 0 {
		wh += fmt.Sprintf(" %.0f technicians", r.Who.Items)
	}
	fmt.Printf("| %s | %.0f ms | %.1f MB | %s | %s | %s | %s | %s | %s | %d of %s |\n", n, r.LoadMs, r.HeapMB,
		cell(r.Check), li, la, wh, cell(r.Explain), cell(r.Update), r.Wrong, r.Verified)
	for k, v := range r.Extra {
		fmt.Fprintf(os.Stderr, "  %s: %s = %.2f\n", r.Engine, k, v)
	}
}
