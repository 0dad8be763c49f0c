package duo

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

const (
	pollEvery = time.Second
	firstLook = 2 * time.Second  // after a push was sent; nobody answers faster
	nextLook  = 2 * time.Second  // after an answer that it still waits
	busyLook  = 8 * time.Second  // after Duo could not be asked
	takenFor  = 30 * time.Second // by a node that asks; another takes over after it
	maxPolls  = 32               // at once
)

// Run asks Duo what came of the pushes that wait, until ctx ends. They are in the database, so a restart loses none.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := s.Poll(ctx); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "cannot ask Duo about pushes", "err", err)
			}
		}
	}
}

// Poll asks once about every push that is due.
func (s *Service) Poll(ctx context.Context) error {
	due, err := duePushes(ctx, s.DB.Read(), store.Now(), maxPolls)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, p := range due {
		wg.Go(func() {
			if err := s.poll(access.WithActor(ctx, access.System(p.orgID)), p); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "cannot ask Duo about a push", "verification", p.id, "err", err)
			}
		})
	}
	wg.Wait()
	return nil
}

func (s *Service) poll(ctx context.Context, p push) error {
	mine := false
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		mine, err = takePush(ctx, tx, p, store.Now().Add(takenFor))
		return err
	})
	if err != nil || !mine {
		return err
	}
	v, err := s.pending(ctx, p)
	if err != nil || v.ID == "" {
		return err
	}
	set, ok, err := find(ctx, s.DB.Read(), p.orgID)
	if err != nil {
		return err
	}
	if !ok {
		return s.giveUp(ctx, p, v, message.Failed, "settings_changed")
	}
	if set, err = s.open(p.orgID, set); err != nil {
		return err
	}
	said, err := s.answer(ctx, set, p)
	if err != nil {
		return s.look(ctx, p, busyLook, err)
	}
	return s.take(ctx, p, v, said)
}

// look sets when Duo is asked next, and passes why on.
func (s *Service) look(ctx context.Context, p push, after time.Duration, why error) error {
	if err := s.DB.Write(ctx, func(tx *store.Tx) error { return setNext(ctx, tx, p, store.Now().Add(after)) }); err != nil {
		return err
	}
	return why
}

// said is what came of a push.
type said string

const (
	saidWaiting  said = "waiting"
	saidApproved said = "approved"
	saidDenied   said = "denied"
	saidTimeout  said = "timeout"
)

// answer asks Duo once; anything else than the four answers says why the push proves nothing.
func (s *Service) answer(ctx context.Context, set Settings, p push) (said, error) {
	var got struct {
		Result string `json:"result"`
		Status string `json:"status"`
	}
	if p.kind == byAdmin {
		if err := s.call(ctx, set.Host, set.adminKeys(), http.MethodGet, userPath(p)+"/verification_push_response", url.Values{"push_id": {p.pushID}}, &got); err != nil {
			return "", err
		}
		return adminSaid(got.Result), nil
	}
	if err := s.call(ctx, set.Host, set.authKeys(), http.MethodGet, "/auth/v2/auth_status", url.Values{"txid": {p.pushID}}, &got); err != nil {
		return "", err
	}
	return authSaid(got.Result, got.Status), nil
}

func adminSaid(result string) said {
	switch result {
	case "approve":
		return saidApproved
	case "deny", "fraud":
		return saidDenied
	case "waiting":
		return saidWaiting
	}
	return said(reasonAnswer)
}

// authSaid reads an answer of the Auth API. "allow" counts only when the person approved: who is let in by bypass was not asked.
func authSaid(result, status string) said {
	switch {
	case result == "waiting":
		return saidWaiting
	case result == "allow" && status == "allow":
		return saidApproved
	case result == "allow":
		return said(reasonBypass)
	case result == "deny" && (status == "deny" || status == "fraud"):
		return saidDenied
	case result == "deny" && status == "timeout":
		return saidTimeout
	case result == "deny" && len(status) > 0 && len(status) < 40 && strings.Trim(status, "abcdefghijklmnopqrstuvwxyz_") == "":
		return said("duo_" + status)
	}
	return said(reasonAnswer)
}

// take draws the consequences of an answer. Where digits are asked for, an approval alone proves nothing (M39, R17).
func (s *Service) take(ctx context.Context, p push, v verify.Verification, what said) error {
	switch what {
	case saidWaiting:
		return s.look(ctx, p, nextLook, nil)
	case saidTimeout:
		return s.end(ctx, p, v, string(what), verify.Expired, nil)
	case saidApproved, saidDenied:
	default:
		return s.giveUp(ctx, p, v, message.Failed, string(what))
	}
	ctx, err := s.Verifications.AsContact(ctx, v)
	if fault.KindOf(err) == fault.NotFound {
		return nil // the contact was deleted meanwhile, and with them all that waited
	} else if err != nil {
		return err
	}
	if what == saidDenied {
		return s.end(ctx, p, v, string(what), verify.Denied, nil)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		matched, err := approve(ctx, tx, p)
		if err != nil || p.kind == byAdmin && !matched {
			return err
		}
		_, err = s.Verifications.Settle(ctx, tx, v, verify.Verified)
		return err
	})
}
