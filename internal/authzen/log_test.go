package authzen_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/authzen"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// written runs the service until everything that it was told is written.
func (d *door) written() []authzen.Decision {
	d.T.Helper()
	ctx, cancel := context.WithCancel(d.T.Context())
	cancel()
	if err := d.service.Run(ctx); err != nil {
		d.T.Fatal(err)
	}
	found, _, err := d.service.Decisions(access.WithActor(d.T.Context(), d.boss), authzen.Filter{}, store.Page{Limit: 200})
	if err != nil {
		d.T.Fatal(err)
	}
	var out []authzen.Decision
	for _, one := range found {
		out = append(out, one.Decision)
	}
	return out
}

func TestDecisionsAreRecorded(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		d.ask("boss", d.tom.ID, "device.view", "device", d.device) // seeing is not
		for range 3 {
			d.ask("boss", d.tom.ID, "device.screen.control", "device", d.device)
		}
		d.ask("boss", d.tom.ID, "device.delete", "device", d.device)
		d.ask("boss", "nobody@example.com", "made.up", "device", "<script>")
		found := map[string]authzen.Decision{}
		for _, one := range d.written() {
			found[fmt.Sprint(one.Outcome, " ", one.Reason, " ", one.Permission)] = one
		}
		if len(found) != 3 {
			t.Fatalf("%v", found)
		}
		one := found["allow  device.screen.control"]
		if one.Times != 3 || one.SubjectID != d.tom.ID || one.AskedBy != d.boss.ID || one.TokenID != d.boss.TokenID || one.ResourceID != d.device || len(one.Rules) != 1 || one.Rules[0] != d.grant {
			t.Errorf("%+v", one)
		}
		if one := found["needs_approval sensitive device.delete"]; one.Times != 1 {
			t.Errorf("%+v", one)
		}
		if one := found["deny subject_inactive "]; one.Times != 1 || one.SubjectID != "" || one.ResourceID != "" {
			t.Errorf("what a caller made up is kept: %+v", one)
		}
		for actor, want := range map[string]int{"boss": http.StatusOK, "tom": http.StatusForbidden, "narrow boss": http.StatusForbidden} {
			if status, got, _ := d.Do(actor, "GET", "/api/access/decisions?limit=2", ""); status != want {
				t.Errorf("%s reads: %d %v", actor, status, got)
			}
		}
		neighbour := furnish(d.Beside("Neighbour"))
		if got := neighbour.written(); len(got) > 0 {
			t.Errorf("a neighbour reads %v", got)
		}
	})
}

// What was told is written without anybody's doing: twice a second, so that less than a second of it is at risk. A busy machine gets more time here.
func TestDecisionsAreWrittenSoon(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.service.Run(ctx) }()
	d.ask("boss", d.tom.ID, "device.files", "device", d.device)
	begin := time.Now()
	for n := 0; n == 0; {
		if err := d.DB.Read().QueryRowContext(t.Context(), `select count(*) from authzen_decision`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 && time.Since(begin) > 5*time.Second {
			t.Fatal("not written")
		}
		<-time.After(10 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A decision that cannot be recorded is not given, once more waits than may be lost; and nothing that waited is lost then.
func TestNoDecisionWithoutARecord(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	d.Exec(`alter table authzen_decision rename to authzen_away -- $1`)
	ctx, refused := access.WithActor(t.Context(), d.boss), 0
	const asked = 20_010
	for i := range asked {
		q := authzen.Question{Subject: authzen.Entity{Type: "technician", ID: d.una.ID}, Action: authzen.Action{Name: "device.files"}}
		q.Resource = authzen.Entity{Type: "device", ID: d.device}
		q.Subject.ID = fmt.Sprintf("00000000-0000-7000-8000-%012d", i)
		if _, err := d.service.Evaluate(ctx, q); err != nil {
			refused++
		}
	}
	if refused < 5 || refused > 11 {
		t.Errorf("%d were refused", refused)
	}
	d.Exec(`alter table authzen_away rename to authzen_decision -- $1`)
	d.written()
	n := 0
	if err := d.DB.Read().QueryRowContext(t.Context(), `select count(*) from authzen_decision`).Scan(&n); err != nil || n != asked {
		t.Errorf("%d written, %v", n, err)
	}
}

func TestOldDecisionsAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		d.ask("boss", d.tom.ID, "device.files", "device", d.device)
		d.ask("boss", d.tom.ID, "device.reboot", "device", d.device)
		d.written()
		d.Exec(`update authzen_decision set at = $2 where org_id = $1 and permission = $3`, store.Time(time.Now().AddDate(0, 0, -31)), perm.DeviceFiles)
		if err := d.service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := d.written(); len(left) != 1 || left[0].Permission != perm.DeviceReboot {
			t.Errorf("%+v", left)
		}
	})
}
