package csvimport_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/csvimport"
	"countersign.dev/countersign/internal/store/storetest"
)

// crowd is a file of n people at n/200 customers.
func crowd(t testing.TB, n int) string {
	var out bytes.Buffer
	w := csvfile.NewWriter(&out)
	rows := [][]string{{"Company", "First name", "Last name", "Email", "Mobile", "Job title", "Department"}}
	for i := range n {
		rows = append(rows, []string{
			fmt.Sprintf("Customer %d", i/200), fmt.Sprintf("Given%d", i%997), fmt.Sprintf("Family%d", i%4001), fmt.Sprintf("person%d@customer%d.example.com", i, i/200),
			fmt.Sprintf("+1212%07d", 2_000_000+i), "Clerk", "Office " + strconv.Itoa(i%7),
		})
	}
	for _, r := range rows {
		if err := w.Write(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// resident is how much memory the process holds.
func resident(t testing.TB) int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

// TestAHundredThousandPeople measures what the whole way takes, from the upload to the last row: 15 s and 64 MB over idle.
func TestAHundredThousandPeople(t *testing.T) {
	n := 2_000
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		n = 100_000
	}
	w := newWorld(t, storetest.Open(t))
	file := crowd(t, n)
	runtime.GC()
	debug.FreeOSMemory()
	idle := resident(t)
	var peak atomic.Int64
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				peak.Store(max(peak.Load(), resident(t)))
			}
		}
	}()
	step := func(name string, fn func()) time.Duration {
		begin := time.Now()
		fn()
		took := time.Since(begin)
		t.Logf("%s of %d people: %.1f s, %d per second, %d MB over idle", name, n, took.Seconds(), int(float64(n)/took.Seconds()), (peak.Load()-idle)>>20)
		return took
	}
	var i csvimport.Import
	options := csvimport.Options{CreateCustomers: true}
	import1 := func() {
		step("upload", func() { i = w.upload(csvimport.Contacts, file) })
		var err error
		if i, err = w.Map(w.Admin(), i.ID, i.Mapping, options); err != nil {
			t.Fatal(err)
		}
		step("check", func() { w.check(i.ID) })
	}
	import1()
	apply := func() {
		if _, err := w.Apply(w.Admin(), i.ID); err != nil {
			t.Fatal(err)
		}
		i = w.settled(i.ID)
	}
	took := step("import", apply)
	expect(t, i, csvimport.Counts{Create: n})
	import1()
	step("import again", apply)
	expect(t, i, csvimport.Counts{Skip: n})
	close(stop)
	if n == 100_000 {
		t.Logf("the import took %.2f times the 15 s that are aimed at", took.Seconds()/15)
		if over := (peak.Load() - idle) >> 20; over > 64 {
			t.Errorf("the import held %d MB over idle", over)
		}
	}
}

// TestAHundredThousandDevices measures how long devices of 200 customers take, half of them in no customer's hands: each is looked for by its name first.
func TestAHundredThousandDevices(t *testing.T) {
	n := 2_000
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		n = 100_000
	}
	w := newWorld(t, storetest.Open(t))
	var file strings.Builder
	file.WriteString("Name,Customer,Platform\n")
	for i := range n {
		customer := ""
		if i%2 == 0 {
			customer = fmt.Sprintf("Customer %d", i/2%200)
		}
		fmt.Fprintf(&file, "host-%06d,%s,windows\n", i, customer)
	}
	for _, want := range []csvimport.Counts{{Create: n}, {Skip: n}} {
		i := w.upload(csvimport.Devices, file.String())
		i, err := w.Map(w.Admin(), i.ID, i.Mapping, csvimport.Options{CreateCustomers: true})
		if err != nil {
			t.Fatal(err)
		}
		w.check(i.ID)
		begin := time.Now()
		if _, err := w.Apply(w.Admin(), i.ID); err != nil {
			t.Fatal(err)
		}
		i = w.settled(i.ID)
		t.Logf("%d devices: %.1f s, %d a second", n, time.Since(begin).Seconds(), int(float64(n)/time.Since(begin).Seconds()))
		expect(t, i, want)
	}
}
