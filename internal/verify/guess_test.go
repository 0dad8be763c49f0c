package verify_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/code"
	"countersign.dev/countersign/internal/verify/verifytest"
)

// The bounds of R5: at the tenth wrong code a contact is locked for a day, and at the fiftieth of a day the administrators are called (D-33).
const (
	triesAtContact = 10
	triesUntilCall = 50
	boundOfContact = triesAtContact * 1e-6
	boundOfDay     = triesUntilCall * 1e-6 // 5e-5: the stated chance of a day of constant attack
)

// doubt is how unlikely a figure may be before a test calls it wrong: a good build fails once in a hundred thousand runs.
const doubt = 1e-5

// atLeast and atMost are the exact binomial chances to see k successes or more, and k or fewer, in n tries of chance p.
func atLeast(k, n int, p float64) float64 { return 1 - atMost(k-1, n, p) }

func atMost(k, n int, p float64) (sum float64) {
	lgamma := func(x int) float64 { v, _ := math.Lgamma(float64(x)); return v }
	for i := 0; i <= k; i++ {
		sum += math.Exp(lgamma(n+1) - lgamma(i+1) - lgamma(n-i+1) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

// upper is the upper end of the exact (Clopper-Pearson) interval for k of n, of 99 percent on this side.
func upper(k, n int) float64 {
	low, high := float64(k)/float64(n), 1.0
	for range 100 {
		if p := (low + high) / 2; atMost(k, n, p) > 0.01 {
			low = p
		} else {
			high = p
		}
	}
	return high
}

func TestTheArithmeticOfChance(t *testing.T) {
	for name, tc := range map[string]struct{ got, want float64 }{
		"ten heads of ten":    {atLeast(10, 10, 0.5), 1.0 / 1024},
		"no six in four":      {atMost(0, 4, 1.0/6), math.Pow(5.0/6, 4)},
		"upper end of none":   {upper(0, 100), 1 - math.Pow(0.01, 0.01)},
		"all that can happen": {atMost(7, 7, 0.3), 1},
	} {
		if math.Abs(tc.got-tc.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, tc.got, tc.want)
		}
	}
}

// M5, M6, R5: what an attacker who knows the code but for two digits gets out of a day at one contact, through the real code in fake time:
// as many verifications as the limits give him, each guess another, until nothing is left. That his chance is that of ten tries of a hundred,
// no more and no less, shows how many guesses are looked at and that nothing but the digits counts; six unknown digits make it 1e-5.
func TestTheChanceOfADayAtOneContact(t *testing.T) {
	attacks := 60
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		attacks = 1000
	}
	hits, most := 0, 0
	inWorld(t, func(t *testing.T, w *world) {
		for range attacks {
			looked, hit := w.attackForADay(t)
			if hit {
				hits++
			}
			most = max(most, looked)
			w.nextDay()
		}
	})
	const chance = 0.1 // ten guesses among the hundred codes that are left, a little less since each code is new after three
	keep(t, map[string]any{"name": "guessing_one_contact", "attacks": attacks, "hits": hits, "most_guesses": most, "known_digits": 4, "chance": chance, "upper": upper(hits, attacks)})
	if most > triesAtContact {
		t.Errorf("%d guesses were looked at in a day, want at most %d", most, triesAtContact)
	}
	if atLeast(hits, attacks, chance) < doubt {
		t.Errorf("%d of %d attacks succeeded: more than ten guesses explain", hits, attacks)
	}
	if atMost(hits, attacks, 0.09) < doubt {
		t.Errorf("%d of %d attacks succeeded: fewer than the guesses explain, so this test attacks nothing", hits, attacks)
	}
}

// attackForADay guesses the last two digits of Pia's codes until her account is locked or he is in.
func (w *world) attackForADay(t *testing.T) (looked int, hit bool) {
	t.Helper()
	for range 10 {
		v, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode, TicketID: ticketPia})
		if err != nil {
			wantCode(t, err, "verify.contact_locked")
			break
		}
		w.settle()
		known := w.code(piaPhone)[:4] // whispered to him
		guesses := rand.Perm(100)
		for _, g := range guesses[:5] {
			if _, err := w.verify.Check(w.as("tom"), v.ID, fmt.Sprintf("%s%02d", known, g)); err == nil {
				return w.count(`select count(*) from verify_wrong`) + 1, true
			}
		}
		time.Sleep(6 * minute)
	}
	if w.count(`select count(*) from verify_lock where subject = 'contact:contact-pia' and until > $1`, time.Now().UnixMicro()) != 1 {
		t.Error("he gave up without a lock")
	}
	return w.count(`select count(*) from verify_wrong`), false
}

// nextDay lets everything be as old as if a day had passed.
func (w *world) nextDay() {
	w.Helper()
	const day = 24 * 3600 * 1_000_000
	for _, change := range []string{
		`update verify_wrong set at = at - $1`, `update verify_lock set until = until - $1`, `update message_start set last_at = last_at - $1`,
		`update message_delivery set created_at = created_at - $1`,
	} {
		w.exec(change, day)
	}
	if err := w.verify.Sweep(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.exec(`delete from verify_wrong`)
}

// R5: a million days of attack at the limits, with the codes that the method really draws. A day is fifty guesses, three for each code and ten
// for each contact, until the administrators are called. The share of days with a success has to agree with the bound of 5e-5, and the digits
// have to be as even as chance makes them: a method that drew some codes more often would help whoever guesses those.
func TestTheChanceOfAMillionDays(t *testing.T) {
	days := 100_000
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		days = 1_000_000
	}
	m, q := code.SMS(), verifytest.Question(code.SMS(), 6)
	hits, contacts, drawn := 0, 0, 0
	var digits [6][10]int
	for range days {
		in := false
		for range triesUntilCall / triesAtContact {
			here := false
			for left := triesAtContact; left > 0; left -= 3 {
				p, err := m.Plan(q)
				if err != nil || len(p.Digits) != 6 {
					t.Fatal(p.Digits, err)
				}
				drawn++
				var n int
				for i, r := range p.Digits {
					digits[i][r-'0']++
					n = n*10 + int(r-'0')
				}
				first := rand.IntN(1_000_000) // he guesses three codes in a row, none twice
				here = here || (n-first+1_000_000)%1_000_000 < min(3, left)
			}
			if here {
				contacts++
			}
			in = in || here
		}
		if in {
			hits++
		}
	}
	keep(t, map[string]any{
		"name": "guessing_a_day", "days": days, "guesses": days * triesUntilCall, "hits": hits, "rate": float64(hits) / float64(days),
		"bound": boundOfDay, "upper": upper(hits, days), "contacts": days * 5, "contact_hits": contacts, "contact_bound": boundOfContact,
	})
	if atLeast(hits, days, boundOfDay) < doubt {
		t.Errorf("%d of %d days ended with a success: more than %v a day", hits, days, boundOfDay)
	}
	if atLeast(contacts, days*5, boundOfContact) < doubt {
		t.Errorf("%d of %d contacts were taken over: more than %v", contacts, days*5, boundOfContact)
	}
	for i, counts := range digits {
		even, expected := 0.0, float64(drawn)/10
		for _, n := range counts {
			even += (float64(n) - expected) * (float64(n) - expected) / expected
		}
		if even > 45 { // chi-squared of nine degrees of freedom is beyond this once in a million
			t.Errorf("the digits at place %d are uneven: %v", i+1, counts)
		}
	}
}

// keep appends figures to the results of make prove.
func keep(t *testing.T, figures map[string]any) {
	t.Helper()
	figures["at"], figures["full"] = time.Now().UTC().Format(time.RFC3339), os.Getenv("COUNTERSIGN_SCALE") == "full"
	line, err := json.Marshal(figures)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", line)
	dir := os.Getenv("COUNTERSIGN_RESULTS")
	if dir == "" {
		return
	}
	f, err := os.OpenFile(filepath.Join(dir, "guessing.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Write(append(line, '\n')); err != nil {
		t.Error(err)
	}
}
