// Package pod keeps the pods of an organization: small pages that are framed in the ticket screens of its ticket systems. A pod says who may
// frame it, which ticket a link means, and turns a sign-in in a window of its own into a session of the frame.
package pod

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
)

// Bounds of pods.
const (
	maxPods    = 50
	maxName    = 100
	maxOrigins = 10
	maxOrigin  = 300

	// MaxGrace is how long the secret before may stay good.
	MaxGrace = 7 * 24 * time.Hour
	// usualGrace is how long it does unless told otherwise.
	usualGrace = 24 * time.Hour
)

var (
	errNotFound  = fault.New(fault.NotFound, "pod.not_found", "There is no such pod.")
	errMany      = fault.New(fault.Conflict, "pod.too_many", "There are 50 pods already. Delete one that is not used any more.")
	errName      = fault.New(fault.Conflict, "pod.name_taken", "Another pod has this name.")
	errGrace     = fault.New(fault.Invalid, "pod.grace", "The old secret may stay good for 0 to 168 hours.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)

// Kind is the ticket system that a pod is framed in. It changes nothing but the words of the set-up.
type Kind string

// The kinds of ticket system.
const (
	ConnectWise Kind = "connectwise"
	Autotask    Kind = "autotask"
	Halo        Kind = "halopsa"
	Zendesk     Kind = "zendesk"
	Other       Kind = "other"
)

func (k Kind) valid() bool {
	return slices.Contains([]Kind{ConnectWise, Autotask, Halo, Zendesk, Other}, k)
}

// Fields are what people enter about a pod.
type Fields struct {
	Name       string
	Kind       Kind     // Other if empty
	Origins    []string // that may frame it, exactly: "https://na.myconnectwise.net"
	SignedOnly bool     // a link without a good signature opens nothing
}

// Pod is one page that may be framed.
type Pod struct {
	OrgID string
	ID    string
	Fields
	PreviousUntil time.Time // until when the secret before is good; zero if there is none
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Version       int64

	secret, previous []byte // sealed
}

// Deps are what pods stand on.
type Deps struct {
	DB      *store.DB
	Guard   *access.Guard
	Keys    *seal.Keyring
	Audit   *audit.Log
	Events  *events.Bus
	Signin  *signin.Service
	BaseURL string // how browsers reach the server
}

// Service keeps pods and lets frames in.
type Service struct {
	Deps
	plain bool // browsers reach the server without TLS: it is being tried out
}

// New returns a Service.
func New(d Deps) *Service { return &Service{d, strings.HasPrefix(d.BaseURL, "http://")} }

// List returns all pods by their names.
func (s *Service) List(ctx context.Context) ([]Pod, error) {
	if err := s.admin(ctx); err != nil {
		return nil, err
	}
	return list(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID)
}

// Find returns one pod.
func (s *Service) Find(ctx context.Context, id string) (Pod, error) {
	if err := s.admin(ctx); err != nil {
		return Pod{}, err
	}
	return byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
}

func (s *Service) admin(ctx context.Context) error {
	return s.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: access.ActorFrom(ctx).OrgID})
}

// exact is an origin as RFC 6454 writes it, of a host that cannot be mistaken for more than one word of a policy. Names in other scripts are
// written in ASCII (RFC 5891).
var exact = regexp.MustCompile(`^(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:[1-9][0-9]{0,4})?$`)

// origin brings what somebody typed into the form in which browsers send it, and says whether a pod may be framed there: over TLS, and from
// the machine itself where the server has none either.
func (s *Service) origin(typed string) (string, bool) {
	o := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(typed)), "/")
	parts := exact.FindStringSubmatch(o)
	if parts == nil || len(o) > maxOrigin {
		return o, false
	}
	scheme, host, port := parts[1], parts[2], parts[3]
	if scheme == "http" {
		return strings.TrimSuffix(o, ":80"), s.plain && (host == "localhost" || host == "127.0.0.1")
	}
	if port == ":443" {
		o = strings.TrimSuffix(o, port)
	}
	return o, true
}

func (s *Service) checked(f Fields) (Fields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxName)
	if f.Kind == "" {
		f.Kind = Other
	}
	if !f.Kind.valid() {
		form.Refuse("/kind", "Choose one of the ticket systems of the list, or other.")
	}
	if len(f.Origins) > maxOrigins {
		form.Refuse("/origins", fmt.Sprintf("A pod has at most %d addresses.", maxOrigins))
		return f, form.Err()
	}
	origins := []string{}
	for i, typed := range f.Origins {
		o, ok := s.origin(typed)
		if !ok {
			form.Refuse(fmt.Sprintf("/origins/%d", i), "Write the address of the ticket system without a path, such as https://na.myconnectwise.net.")
		}
		if !slices.Contains(origins, o) {
			origins = append(origins, o)
		}
	}
	f.Origins = origins
	return f, form.Err()
}

func (f Fields) equal(g Fields) bool {
	return f.Name == g.Name && f.Kind == g.Kind && f.SignedOnly == g.SignedOnly && slices.Equal(f.Origins, g.Origins)
}

func (f Fields) record() map[string]any {
	return map[string]any{"name": f.Name, "kind": string(f.Kind), "origins": f.Origins, "signed_only": f.SignedOnly}
}

// Ancestors are the origins that may frame a pod, for whoever loads its page: nobody has signed in then. ok is false if there is no such pod.
func (s *Service) Ancestors(ctx context.Context, podID string) (origins []string, ok bool, err error) {
	p, err := anywhere(ctx, s.DB.Read(), podID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, false, nil
	}
	return p.Origins, err == nil, err
}

// Known says whether an organization has a pod. It is the Pod hook of signin.
func Known(ctx context.Context, q store.Querier, org, podID string) (bool, error) {
	_, err := byID(ctx, q, org, podID)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

// unseen makes one answer of whatever is not there and whatever the actor may not see.
func unseen(t ticket.Ticket, err error) (ticket.Ticket, error) {
	if fault.KindOf(err) == fault.NotFound {
		return ticket.Ticket{}, errTicket
	}
	return t, err
}
