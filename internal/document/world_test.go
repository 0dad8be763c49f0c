package document_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/document"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/attachment"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/task"
)

// world is an organization with one customer and Pia, who has an email.
type world struct {
	*organizationtest.World
	*document.Service
	contacts *contact.Service
	tasks    *task.Service
	brands   *branding.Service
	server   *organizationtest.Server
	customer string
	pia      contact.Contact
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, newWorld(t, db, "Harbor IT")) })
}

func newWorld(t *testing.T, db *store.DB, name string) *world {
	t.Helper()
	w := &world{World: organizationtest.New(t, db, name)}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	w.contacts = contact.New(db, w.Guard, w.Audit, w.Events, contact.Hooks{Consents: consent.Ledger{Keys: w.Keys}.States})
	messages := message.New(message.Deps{DB: db, Guard: w.Guard, Keys: w.Keys, Audit: w.Audit, Events: w.Events, Log: log})
	attachments, carrier := attachment.New(db, w.Keys), sandbox.New(db, w.Events, log)
	carrier.Attach(attachments.Of)
	messages.Use(carrier)
	messages.OnState(func(ctx context.Context, tx *store.Tx, d message.Delivery) error {
		if d.EndedAt.IsZero() {
			return nil
		}
		return attachments.Drop(ctx, tx, d.OrgID, d.ID)
	})
	w.tasks = task.New(task.Deps{
		DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events, Log: log,
		Actor: func(_ context.Context, _, id string) (access.Actor, error) {
			return w.Actor(id, perm.Administrator), nil
		},
	})
	customers := customer.New(db, w.Guard, w.Audit, w.Events)
	w.brands = branding.New(db, w.Guard, w.Audit, w.Events)
	w.Service = document.New(document.Deps{
		DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events, Log: log, Messages: messages, Attachments: attachments, Contacts: w.contacts, Consents: consent.Ledger{Keys: w.Keys}, Customers: customers,
		Tasks: w.tasks, BaseURL: "https://help.example.com", Logo: w.brands.Logo,
	})
	queue, err := jobs.New(t.Context(), db, jobs.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w.tasks.Use(queue)
	w.server = w.Serve(map[string]access.Actor{
		"": {}, "admin": w.Actor("admin", perm.Administrator), "reader": w.Actor("reader", perm.ReadOnly),
	}, w.Routes)
	for _, run := range []func(context.Context) error{messages.Run, queue.Run} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- run(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	c, err := customers.Create(w.Admin(), customer.Fields{Name: "Northwind"})
	if err != nil {
		t.Fatal(err)
	}
	w.customer = c.ID
	w.pia = w.add("Pia Ende", "pia@northwind.example.com", "fr")
	return w
}

func (w *world) add(name, email, language string) contact.Contact {
	w.T.Helper()
	f := contact.Fields{CustomerID: w.customer, Name: name, Language: language}
	if email != "" {
		f.Emails = []string{email}
	}
	c, err := w.contacts.Create(w.Admin(), f)
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

// details enters what the documents say of the organization, and publishes some.
func (w *world) details(published ...document.Key) {
	w.T.Helper()
	_, err := w.SaveDetails(w.Admin(), func(d document.Details) (document.Details, error) {
		d.Phone, d.VerificationNumber, d.VerificationEmail, d.Website = "(212) 555-0100", "+12125550199", "verify@harbor.example.com", "harbor.example.com"
		d.Published = published
		return d, nil
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// logo gives the organization a picture.
func (w *world) logo() {
	w.T.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 200, 50))
	for i := range 200 {
		img.Set(i, i/4, color.NRGBA{R: 200, A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		w.T.Fatal(err)
	}
	if _, err := w.brands.SetLogo(w.Admin(), &b); err != nil {
		w.T.Fatal(err)
	}
}

// visit opens a page as somebody who is not signed in.
func (w *world) visit(path string) *httptest.ResponseRecorder {
	w.T.Helper()
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, httptest.NewRequestWithContext(w.T.Context(), http.MethodGet, path, http.NoBody))
	return rec
}

type mail struct {
	to, subject, body, file string
	size                    int
}

// mails are all that went out.
func (w *world) mails() (out []mail) {
	w.T.Helper()
	rows, err := w.DB.Read().QueryContext(w.T.Context(), `select recipient, subject, body, attachment_name, attachment_size from message_sandbox order by created_at, id`)
	if err != nil {
		w.T.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m mail
		if err := rows.Scan(&m.to, &m.subject, &m.body, &m.file, &m.size); err != nil {
			w.T.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func (w *world) eventually(what string, ok func() bool) {
	w.T.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			w.T.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func anyVersion(int64) error { return nil }
