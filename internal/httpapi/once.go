package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// How long the first answer is repeated.
const (
	keepAnswer = 24 * time.Hour
	keepSecret = 10 * time.Minute
	running    = time.Minute // after this, a request without an answer has lost it
	maxKey     = 255
)

var (
	errKey     = fault.New(fault.Invalid, "request.idempotency_key_invalid", "An Idempotency-Key is a text of 1 to 255 visible ASCII characters.")
	errReused  = fault.New(fault.Invalid, "request.idempotency_key_reused", "This Idempotency-Key was used for another request. Use a new one.")
	errRunning = fault.New(fault.Conflict, "request.idempotency_in_progress", "The first request with this Idempotency-Key is still running. Repeat it in a moment.").After(time.Second)
	errLost    = fault.New(fault.Conflict, "request.idempotency_answer_lost", "The first request with this Idempotency-Key was carried out, but its answer is no longer kept. Look for what it made.")
)

// kept is an answer in the words in which it is sealed.
type kept struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header"`
	Body   []byte            `json:"body"`
}

// once carries a creating request out one time only. The claim lies in the transaction of the change: if the change is on disk so is the
// claim, and a repetition creates nothing, even if the server died before it could answer.
func (a *API) once(w http.ResponseWriter, r *http.Request, route Route, key string, body []byte, next http.Handler) {
	actor := access.ActorFrom(r.Context())
	if !validKey(key) {
		a.refuse(w, r, errKey)
		return
	}
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\n%s\n", r.Method, r.URL.RequestURI())
	_, _ = sum.Write(body)
	if route.Secret { // a secret is told again only to whom it was told: not to another token of the same person
		_, _ = fmt.Fprintf(sum, "\n%s\n%s", actor.SessionID, actor.TokenID)
	}
	claim := &store.Claim{OrgID: actor.OrgID, Actor: actor.ID, Key: key, Hash: sum.Sum(nil)}

	if done, err := a.repeat(w, r, claim); done || err != nil {
		if err != nil {
			a.refuse(w, r, err)
		}
		return
	}
	rec := &recorder{header: w.Header(), status: http.StatusOK}
	next.ServeHTTP(rec, r.WithContext(store.WithClaim(r.Context(), claim)))
	if claim.Lost() {
		for _, name := range []string{"Retry-After", "Content-Type"} {
			w.Header().Del(name)
		}
		if done, err := a.repeat(w, r, claim); !done {
			if err == nil {
				err = errRunning
			}
			a.refuse(w, r, err)
		}
		return
	}
	if claim.Made() && rec.status < 500 {
		if err := a.keep(r.Context(), claim, rec, route.Secret); err != nil {
			a.Log.ErrorContext(r.Context(), "answer not kept", "request_id", actor.RequestID, "err", err)
		}
	}
	w.WriteHeader(rec.status)
	_, _ = w.Write(rec.body.Bytes())
}

// repeat answers with what the first request with this key was answered.
func (a *API) repeat(w http.ResponseWriter, r *http.Request, claim *store.Claim) (done bool, err error) {
	now := store.Now()
	found, err := a.DB.FindClaim(r.Context(), claim, now)
	switch {
	case err != nil || found == nil:
		return false, err
	case !bytes.Equal(found.Hash, claim.Hash):
		return false, errReused
	case found.Answer == nil && now.Sub(found.At) < running:
		return false, errRunning
	case found.Answer == nil:
		return false, errLost
	}
	plain, err := a.Keys.Unseal(answerPlace(claim), found.Answer)
	if err != nil {
		return false, fmt.Errorf("read a kept answer: %w", err)
	}
	var k kept
	if err := json.Unmarshal(plain, &k); err != nil {
		return false, fmt.Errorf("read a kept answer: %w", err)
	}
	for name, value := range k.Header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Idempotent-Replayed", "true")
	w.WriteHeader(k.Status)
	_, _ = w.Write(k.Body)
	return true, nil
}

func (a *API) keep(ctx context.Context, claim *store.Claim, rec *recorder, secret bool) error {
	k := kept{Status: rec.status, Header: map[string]string{}, Body: rec.body.Bytes()}
	for _, name := range []string{"Content-Type", "Location", "ETag"} {
		if v := rec.header.Get(name); v != "" {
			k.Header[name] = v
		}
	}
	plain, err := json.Marshal(k)
	if err != nil {
		return err
	}
	sealed, err := a.Keys.Seal(answerPlace(claim), plain)
	if err != nil {
		return err
	}
	until := store.Now().Add(keepAnswer)
	if secret {
		until = store.Now().Add(keepSecret)
	}
	// The client may have left; the answer is kept all the same.
	return a.DB.KeepAnswer(context.WithoutCancel(ctx), claim, sealed, until)
}

func answerPlace(c *store.Claim) seal.Place {
	return seal.Place{Table: "store_idempotency", Column: "answer", ID: c.OrgID + "/" + c.Actor + "/" + c.Key}
}

func validKey(key string) bool {
	if len(key) > maxKey {
		return false
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// Sweep wipes kept answers whose time is over. It is called every minute.
func (a *API) Sweep(ctx context.Context) error {
	now := store.Now()
	return a.DB.SweepClaims(ctx, now, now.Add(-keepAnswer))
}

// recorder holds an answer back until it is kept.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the header of the real answer.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) { w.status = status }

// Write notes a part of the body.
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }
