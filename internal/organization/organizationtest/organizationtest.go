// Package organizationtest sets up organizations for the tests of what lives in them.
package organizationtest

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// World is one organization, with what every slice works with.
type World struct {
	T      testing.TB
	DB     *store.DB
	Keys   *seal.Keyring
	Guard  *access.Guard
	Audit  *audit.Log
	Events *events.Bus
	Org    organization.Organization
}

// New makes an organization in db.
func New(t testing.TB, db *store.DB, name string) *World {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &World{
		T: t, DB: db, Keys: keys, Guard: access.New(db), Audit: audit.New(db, keys), Events: events.New(db, slog.New(slog.DiscardHandler)),
	}
	w.Org = w.add(name)
	return w
}

// Beside makes a second organization in the same database.
func (w *World) Beside(name string) *World {
	w.T.Helper()
	o := *w
	o.Org = o.add(name)
	return &o
}

func (w *World) add(name string) (o organization.Organization) {
	w.T.Helper()
	s := organization.New(w.DB, w.Guard, w.Audit, w.Events)
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) (err error) {
		o, err = s.Create(w.T.Context(), tx, organization.Settings{Name: name}, false)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return o
}

// Actor is a technician with a role, known to access but not to the database.
func (w *World) Actor(id string, role perm.Role) access.Actor {
	return access.Actor{OrgID: w.Org.ID, Kind: access.Technician, ID: id, Name: id, Role: role}
}

// As is a context in which a technician with a role acts.
func (w *World) As(id string, role perm.Role) context.Context {
	return access.WithActor(w.T.Context(), w.Actor(id, role))
}

// Admin is a context in which an administrator acts.
func (w *World) Admin() context.Context { return w.As("admin", perm.Administrator) }

// System is a context in which the server acts by itself.
func (w *World) System() context.Context {
	return access.WithActor(w.T.Context(), access.System(w.Org.ID))
}

// Assign lets a technician, who is added if need be, act for customers.
func (w *World) Assign(technicianID string, customerIDs ...string) {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), `
			insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title,
				usernames, platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
			values ($1, $2, $2, '', '', $2, $2, $3, $3, '', '', '[]', 'technician', false, 'active', 'activated', '', '', 'auto', '', 1, 1, 1)
			on conflict do nothing`, w.Org.ID, technicianID, technicianID+"@example.com")
		if err != nil {
			return err
		}
		for _, id := range customerIDs {
			_, err := tx.ExecContext(w.T.Context(), `
				insert into technician_customer (org_id, technician_id, customer_id) values ($1, $2, $3)`, w.Org.ID, technicianID, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// Audited counts the events of an action in the organization's log with an outcome.
func (w *World) Audited(action string, outcome audit.Outcome) int {
	w.T.Helper()
	page, err := w.Audit.Find(w.T.Context(), w.Org.ID, audit.Filter{Action: action, Outcome: outcome}, 0, 200)
	if err != nil {
		w.T.Fatal(err)
	}
	return len(page)
}

// Server serves the routes of slices to whichever actor the Actor header names.
type Server struct {
	*httpapi.API
	w      *World
	actors map[string]access.Actor
}

// Serve mounts routes for a set of actors.
func (w *World) Serve(actors map[string]access.Actor, routes ...func(*httpapi.API)) *Server {
	s := &Server{w: w, actors: actors}
	s.API = httpapi.New(httpapi.Options{
		Log: slog.New(slog.NewTextHandler(w.T.Output(), nil)), Guard: w.Guard, Auth: s, DB: w.DB, Keys: w.Keys, Version: "test",
	})
	for _, mount := range routes {
		mount(s.API)
	}
	return s
}

// Authenticate is part of httpapi.Authenticator.
func (s *Server) Authenticate(r *http.Request) (access.Actor, error) {
	return s.actors[r.Header.Get("Actor")], nil
}

// Do makes a request, and returns the status and what the answer holds.
func (s *Server) Do(actor, method, path, body string, headers ...string) (int, map[string]any, http.Header) {
	s.w.T.Helper()
	r := httptest.NewRequestWithContext(s.w.T.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Actor", actor)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	out := httptest.NewRecorder()
	s.ServeHTTP(out, r)
	var answer map[string]any
	if out.Body.Len() > 0 {
		if err := json.Unmarshal(out.Body.Bytes(), &answer); err != nil {
			s.w.T.Fatalf("%s %s: %v in %q", method, path, err, out.Body)
		}
	}
	return out.Code, answer, out.Header()
}
