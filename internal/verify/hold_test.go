package verify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verifypolicy"
)

// policy saves what differs for Northwind.
func (w *world) policy(t *testing.T, p verifypolicy.Policy) {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	w.exec(`delete from verifypolicy`)
	w.exec(fmt.Sprintf(`insert into verifypolicy (org_id, customer_id, policy, version, updated_at) values ('org-1', '%s', '%s', 1, 1)`, northwind, b))
}

// entered makes Pia's number one that somebody entered some time ago.
func (w *world) entered(t *testing.T, by string, ago time.Duration) {
	t.Helper()
	w.exec(fmt.Sprintf(`update contact_phone set initial = false, added_by = '%s', created_at = %d where contact_id = 'contact-pia'`, by, time.Now().Add(-ago).UnixMicro()))
}

func (w *world) start1(by string, r verify.StartRequest) error {
	_, _, err := w.verify.Start(w.as(by), r)
	return err
}

func TestM8AnAddressThatWasChangedLatelyIsHeld(t *testing.T) {
	for name, tc := range map[string]struct {
		enteredBy string
		ago       time.Duration
		by        string
		want      string
	}{
		"changed by who verifies":            {"tom", time.Hour, "tom", "verify.address_own_edit"},
		"changed by a colleague":             {"ida", time.Hour, "tom", "verify.address_held"},
		"a minute before the hold ends":      {"ida", 72*time.Hour - time.Minute, "tom", "verify.address_held"},
		"after the hold":                     {"tom", 72 * time.Hour, "tom", ""},
		"changed by an opt-in form":          {"optin", time.Hour, "tom", "verify.address_held"},
		"changed by a form, after four days": {"optin", 96 * time.Hour, "tom", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.entered(t, tc.enteredBy, tc.ago)
				err := w.start1(tc.by, verify.StartRequest{ContactID: pia, Method: verify.SMSCode})
				if got := fault.CodeOf(err); got != tc.want {
					t.Errorf("%q, want %q", got, tc.want)
				}
				p, err := w.verify.PanelOf(w.as(tc.by), pia)
				if err != nil || p.Methods[0].Name != verify.SMSCode || p.Methods[0].Reason != tc.want && tc.want != "" {
					t.Errorf("the panel says %q, %v", p.Methods[0].Reason, err)
				}
			})
		})
	}
}

func TestAHeldAddressStillProvesAMailbox(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.exec(fmt.Sprintf(`update contact_email set initial = false, added_by = 'ida', created_at = %d`, time.Now().UnixMicro()))
		if err := w.start1("tom", verify.StartRequest{ContactID: pia, Method: verify.EmailCode}); err != nil {
			t.Errorf("L1 with an address of today: %v", err)
		}
		if err := w.start1("ida", verify.StartRequest{ContactID: pia, Method: verify.EmailCode}); fault.CodeOf(err) != "verify.address_own_edit" {
			t.Errorf("by who entered it: %v", err)
		}
	})
}

// M8: whoever entered an address proves nothing with it by a script either: behind a token is the same technician.
func TestM8AnOwnEditThroughAToken(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.exec(fmt.Sprintf(`update contact_email set initial = false, added_by = 'ida', created_at = %d`, time.Now().UnixMicro()))
		a := access.ActorFrom(w.as("ida"))
		a.Kind, a.TokenID = access.Token, "token-ida"
		_, _, err := w.verify.Start(access.WithActor(w.Context(), a), verify.StartRequest{ContactID: pia, Method: verify.EmailCode})
		wantCode(t, err, "verify.address_own_edit")
	})
}

// The hold is the customer's own to choose.
func TestTheHoldOfAPolicy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.entered(t, "ida", 2*time.Hour)
		w.policy(t, verifypolicy.Policy{HoldHours: new(1)})
		if err := w.start1("tom", verify.StartRequest{ContactID: pia, Method: verify.SMSCode}); err != nil {
			t.Error(err)
		}
	})
}

// proved puts a success of a level on record that still counts.
func (w *world) proved(t *testing.T, level int, method verify.MethodName, address string) {
	t.Helper()
	now := time.Now()
	w.exec(fmt.Sprintf(`
		insert into verify_challenge (org_id, id, contact_id, customer_id, technician_id, technician_name, method, form, level, address, language, ticket_id, action,
			call_direction, note, state, delivery, digits, tries, created_at, expires_at, ended_at, shield_until, version)
		values ('org-1', 'v-%d-%s-%s', '%s', '%s', 'tom', 'Tom Reed', '%s', 'code', %d, '%s', 'en', '', '', 'inbound', '', 'verified', 'sent', 6, 0, %d, %d, %d, %d, 1)`,
		now.UnixNano(), method, address, pia, northwind, method, level, address, now.UnixMicro(), now.Add(5*time.Minute).UnixMicro(), now.UnixMicro(), now.Add(15*time.Minute).UnixMicro()))
}

// proving lets the guard ask this world, as app does.
func (w *world) proving() {
	w.guard.ProveBy(func(ctx context.Context, org string, o access.Object) (access.Proof, error) {
		return w.verify.Proof(ctx, w.db.Read(), org, o.ContactID, o.CustomerID, verifypolicy.Action(o.Action))
	})
}

// Each action with each level: what is proved too weakly is refused, and the refusal says what it takes (M9).
func TestM9TheMatrixOfActionsAndLevels(t *testing.T) {
	usual := map[verifypolicy.Action]int{
		verifypolicy.GeneralQuestion: 1, verifypolicy.RemoteSession: 2, verifypolicy.PhoneChange: 1, verifypolicy.PasswordReset: 3,
		verifypolicy.MFAReset: 3, verifypolicy.BankData: 3, verifypolicy.AdminGrant: 4,
	}
	for level := range 6 {
		t.Run(verify.LevelName(level), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.proving()
				if level > 0 {
					w.proved(t, level, verify.SMSCode, piaPhone)
				}
				for action, required := range usual {
					x, err := w.verify.Clear(w.as("tom"), pia, action, ticketPia)
					if level >= required {
						if err != nil || x.Level != level || x.Required != required {
							t.Errorf("%s: %+v, %v", action, x, err)
						}
						continue
					}
					var problem *fault.Error
					if !asFault(err, &problem) || problem.Code != "access.needs_verification" || problem.Level != verify.LevelName(required) {
						t.Errorf("%s: %v", action, err)
					}
				}
				time.Sleep(15 * time.Minute)
				if _, err := w.verify.Clear(w.as("tom"), pia, verifypolicy.GeneralQuestion, ""); fault.CodeOf(err) != "access.needs_verification" {
					t.Errorf("after the green time: %v", err)
				}
			})
		})
	}
}

func asFault(err error, to **fault.Error) bool {
	e, ok := err.(*fault.Error) //nolint:errorlint // the refusal itself is looked at
	*to = e
	return ok
}

func TestTwoMethodsTogether(t *testing.T) {
	for name, tc := range map[string]struct {
		second  verify.MethodName
		address string
		level   int
		allowed bool
		want    int
	}{
		"another method and address":    {verify.VoiceCode, "+12125550124", 2, true, 3},
		"not allowed by the policy":     {verify.VoiceCode, "+12125550124", 2, false, 2},
		"the same address":              {verify.VoiceCode, piaPhone, 2, true, 2},
		"the same method":               {verify.SMSCode, "+12125550124", 2, true, 2},
		"a mailbox is too weak for two": {verify.EmailCode, piaEmail, 1, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.proving()
				w.policy(t, verifypolicy.Policy{TwoMethods: new(tc.allowed)})
				w.proved(t, 2, verify.SMSCode, piaPhone)
				w.proved(t, tc.level, tc.second, tc.address)
				p, err := w.verify.PanelOf(w.as("tom"), pia)
				if err != nil || p.Level != tc.want {
					t.Errorf("L%d, %v", p.Level, err)
				}
				_, err = w.verify.Clear(w.as("tom"), pia, verifypolicy.PasswordReset, "")
				if (err == nil) != (tc.want >= 3) {
					t.Errorf("password reset: %v", err)
				}
			})
		})
	}
}

// A refusal since the proof takes it away at once.
func TestADenialTakesTheProofAway(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.proving()
		v, _ := w.begin(verify.SMSCode)
		if _, err := w.verify.Check(w.as("tom"), v.ID, w.code(piaPhone)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.verify.Clear(w.as("tom"), pia, verifypolicy.RemoteSession, ""); err != nil {
			t.Fatal(err)
		}
		w.text(piaPhone, "NO")
		if _, err := w.verify.Clear(w.as("tom"), pia, verifypolicy.GeneralQuestion, ""); fault.CodeOf(err) != "access.needs_verification" {
			t.Error(err)
		}
	})
}

func TestPoliciesOrderAndBarMethods(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.policy(t, verifypolicy.Policy{
			Methods: []string{"email_code", "sms_code"}, Banner: &verifypolicy.Banner{Text: "Ask for Olga first", Color: "red"}, ShowOnLoad: new(true),
		})
		p, err := w.verify.PanelOf(w.as("tom"), pia)
		if err != nil || p.Methods[0].Name != verify.EmailCode || p.Methods[1].Name != verify.SMSCode || p.Banner == nil || p.Banner.Text != "Ask for Olga first" || !p.ShowOnLoad {
			t.Errorf("%+v, %v", p, err)
		}
		for _, m := range p.Methods[2:] {
			if m.Reason != "verify.method_not_allowed" {
				t.Errorf("%s: %q", m.Name, m.Reason)
			}
		}
		if err := w.start1("tom", verify.StartRequest{ContactID: pia, Method: verify.SMSLink}); fault.CodeOf(err) != "verify.method_not_allowed" {
			t.Error(err)
		}
	})
}

// Whoever stands between two calls keeps both directions open at once. Both freeze, whichever came first, and no code leaves (R9).
func TestM14BothDirectionsAtOnceFreeze(t *testing.T) {
	t.Run("the contact asks while the caller is being verified", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			v, _ := w.begin(verify.SMSCode)
			code := w.code(piaPhone)
			time.Sleep(time.Minute)
			w.text(piaPhone, "#verify")
			w.bothFrozen(t, v.ID)
			if _, err := w.verify.Check(w.as("tom"), v.ID, code); fault.CodeOf(err) != "verify.code_refused" {
				t.Errorf("the code still works: %v", err)
			}
		})
	})
	t.Run("the caller is verified while the contact asks", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			w.text(piaPhone, "#verify")
			time.Sleep(time.Minute)
			v, spoken := w.begin(verify.SMSLink)
			if spoken != "" {
				t.Error("there is a number to say")
			}
			w.bothFrozen(t, v.ID)
		})
	})
}

func (w *world) bothFrozen(t *testing.T, verificationID string) {
	t.Helper()
	v, err := w.verify.ByID(w.as("tom"), verificationID)
	if err != nil || v.State != verify.Frozen {
		t.Errorf("the verification is %s, %v", v.State, err)
	}
	requests, _, err := w.requests.List(w.as("tom"), "", 10, "")
	if err != nil || len(requests) != 1 || requests[0].State != verify.Frozen {
		t.Errorf("the request: %+v, %v", requests, err)
	}
	if w.alerts("possible_relay") == 0 {
		t.Error("nobody was alarmed")
	}
	last := w.last(piaPhone).body
	if !strings.Contains(last, "to be safe we stopped") {
		t.Errorf("the contact reads %q", last)
	}
}

// technicians are those of the world, wired to verification as app does.
func (w *world) technicians() *technician.Service {
	log, bus := audit.New(w.db, w.keys), events.New(w.db, slog.New(slog.DiscardHandler))
	return technician.New(w.db, w.guard, log, bus, technician.Hooks{
		StateChanged: []func(context.Context, *store.Tx, technician.Change) error{w.verify.TechnicianChanged},
	})
}

// M8, R14: a number that a technician takes out of their profile proves nothing for three months, whoever has it then, in a contact that was
// made for it too. Only a MAC of it is kept.
func TestM8AFormerAddressOfATechnicianProvesNothing(t *testing.T) {
	for name, giveUp := range map[string]func(w *world) error{
		"cleared by themselves": func(w *world) error {
			_, err := w.technicians().UpdateOwn(w.as("tom"), func(t technician.Technician) (technician.Fields, error) {
				t.Phone = ""
				return t.Fields, nil
			})
			return err
		},
		"changed by an administrator": func(w *world) error {
			_, err := w.technicians().Update(w.as("ada"), "tom", func(t technician.Technician) (technician.Fields, error) {
				t.Phone, t.Email = "+12125550172", "t.reed@example.com"
				return t.Fields, nil
			})
			return err
		},
		"the technician was deleted": func(w *world) error {
			w.exec(`update technician set status = 'inactive' where id = 'tom'`)
			return w.technicians().Delete(w.as("ada"), "tom", func(technician.Technician) error { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				if err := giveUp(w); err != nil {
					t.Fatal(err)
				}
				who := "ida"
				if name == "cleared by themselves" {
					who = "tom"
				}
				r := verify.StartRequest{ContactID: "contact-sly", Method: verify.SMSCode}
				if err := w.start1(who, r); fault.CodeOf(err) != "verify.own_address" {
					t.Errorf("at once: %v", err)
				}
				if len(w.inbox(tomPhone)) != 0 {
					t.Error("a code went to the technician")
				}
				if n := w.count(`select count(*) from verify_lock where subject like '%2125550171%' or reason like '%2125550171%'`); n != 0 {
					t.Error("the number itself is kept")
				}
				month := 30 * 24 * time.Hour
				if n := w.count(`select count(*) from verify_lock where until between $1 and $2`, time.Now().Add(3*month-time.Minute).UnixMicro(), time.Now().Add(3*month).UnixMicro()); n == 0 {
					t.Error("it is not remembered for three months")
				}
				w.exec(`update verify_lock set until = $1`, time.Now().UnixMicro()) // three months pass
				if err := w.verify.Sweep(w.Context()); err != nil {
					t.Fatal(err)
				}
				if err := w.start1(who, r); err != nil {
					t.Errorf("after three months: %v", err)
				}
			})
		})
	}
}

// R14 holds for a mailbox in every spelling, and what the technician keeps is not remembered.
func TestM8AFormerMailboxInEverySpelling(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		_, err := w.technicians().Update(w.as("ada"), "tom", func(t technician.Technician) (technician.Fields, error) {
			t.Email = "t.reed@example.com"
			return t.Fields, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for address, want := range map[string]bool{
			"tom@example.com": true, "TOM@Example.com": true, "tom+pia@example.com": true, "tomas@example.com": false, "t.reed@example.com": true,
			tomPhone: true, "+12125550173": false,
		} {
			if own, err := w.verify.OwnAddress(t.Context(), w.db.Read(), org, address); err != nil || own != want {
				t.Errorf("%s: %v, %v", address, own, err)
			}
		}
		if own, err := w.verify.OwnAddress(t.Context(), w.db.Read(), otherOrg, "tom@example.com"); err != nil || own {
			t.Error("another organization hears of it", err)
		}
		if n := w.count(`select count(*) from verify_lock`); n != 1 {
			t.Errorf("%d addresses are remembered, want the one that was given up", n)
		}
	})
}
