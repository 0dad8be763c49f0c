package duo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"countersign.dev/countersign/internal/store"
)

// Tried is what came of trying one application's keys.
type Tried struct {
	Set    bool
	OK     bool
	Reason string
}

// Trial is what came of trying all keys.
type Trial struct {
	Auth, Admin Tried
	Skew        time.Duration // of our clock against Duo's
}

// Test makes one signed request with each application's keys, which changes nothing and reaches nobody.
func (s *Service) Test(ctx context.Context) (t Trial, err error) {
	orgID, err := s.checkSettings(ctx)
	if err != nil {
		return t, err
	}
	if err := s.Guard.Unlimited(ctx); err != nil {
		return t, err
	}
	set, ok, err := find(ctx, s.DB.Read(), orgID)
	if err != nil {
		return t, err
	}
	if !ok {
		return t, errAbsent
	}
	if set, err = s.open(orgID, set); err != nil {
		return t, err
	}
	if t.Auth.Set = set.AuthSet; t.Auth.Set {
		var got struct {
			Time int64 `json:"time"`
		}
		err := s.call(ctx, set.Host, set.authKeys(), http.MethodGet, "/auth/v2/check", nil, &got)
		if err == nil && got.Time > 0 {
			t.Skew = store.Now().Sub(time.Unix(got.Time, 0)).Truncate(time.Second)
		}
		t.Auth.tell(err, &t.Skew)
	}
	if t.Admin.Set = set.AdminSet; t.Admin.Set {
		var got json.RawMessage
		err := s.call(ctx, set.Host, set.adminKeys(), http.MethodGet, "/admin/v1/users", url.Values{"limit": {"1"}}, &got)
		t.Admin.tell(err, &t.Skew)
	}
	return t, nil
}

func (t *Tried) tell(err error, skew *time.Duration) {
	t.OK = err == nil
	if err == nil {
		return
	}
	t.Reason = err.Error()
	if e, ok := errors.AsType[*answerError](err); ok {
		if e.text != "" {
			t.Reason += ": " + e.text
		}
		if e.skew != 0 {
			*skew = e.skew
		}
	}
}
