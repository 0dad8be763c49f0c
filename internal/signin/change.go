package signin

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/throttle"
)

// ChangePassword replaces one's own password. All sessions end, and the one that asked goes on as a new one, so that whoever held a copy
// of it is out. Wrong current passwords count like failed sign-ins. For a token there is nothing to go on, and Started is zero.
func (s *Service) ChangePassword(ctx context.Context, current, next string) (Started, error) {
	if err := s.Guard.WholeAccount(ctx); err != nil {
		return Started{}, err
	}
	actor := access.ActorFrom(ctx)
	who, err := accountByID(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return Started{}, err
	}
	n := newPassword{
		org: who.orgID, technicianID: who.id, typed: next, pointer: "/new_password", known: []string{who.orgName, who.name, who.email},
	}
	prepared, policy, err := s.accept(ctx, n)
	if err != nil {
		return Started{}, err
	}
	counted, err := s.checkOwn(ctx, who, current, "password.change", "/current_password")
	if err != nil {
		return Started{}, err
	}
	if typed, _ := password.Prepare(current); prepared == typed {
		return Started{}, errSame.At(n.pointer)
	}
	hash, err := s.hash(ctx, n, prepared, policy)
	if err != nil {
		return Started{}, err
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := counted.clear(ctx, tx); err != nil {
			return err
		}
		out, err = s.changePassword(ctx, tx, who, hash, policy)
		return err
	})
	return out, err
}

// checkOwn checks the password of whoever is at a session. It counts the attempt, and a refusal is recorded under the action that it was for.
// What is counted has to be cleared once the whole is done.
func (s *Service) checkOwn(ctx context.Context, who account, typed, action, pointer string) (counted, error) {
	from, now := throttle.Network(access.ActorFrom(ctx).Address), store.Now()
	if wait := s.limits.Check(from, now); wait > 0 {
		return counted{}, errTooMany.After(wait)
	}
	policy, err := s.Policies.Of(ctx, who.orgID)
	if err != nil {
		return counted{}, err
	}
	slot, err := s.Hasher.Enter(ctx)
	if err != nil {
		return counted{}, err
	}
	defer slot.Leave()
	c, err := s.count(ctx, policy.Lockout, []failureKey{{who.orgID, who.id, "change"}}, now)
	if err != nil {
		return counted{}, err
	}
	prepared, ok := password.Prepare(typed)
	match, _ := slot.Verify(who.hash, prepared)
	if match && ok && c.verdict == allowed {
		return c, nil
	}
	s.limits.Failed(from, now)
	if err := s.Audit.Append(ctx, audit.Event{Action: action, Outcome: audit.Denied, Reason: whyPassword, Targets: who.targets()}); err != nil {
		return counted{}, err
	}
	return counted{}, errCurrent.At(pointer)
}

func (s *Service) changePassword(ctx context.Context, tx *store.Tx, who account, hash string, policy signinpolicy.Policy) (out Started, err error) {
	if err := lockEpoch(ctx, tx, who); err != nil {
		return Started{}, err
	}
	if err := keepFormer(ctx, tx, who.orgID, who.id, id.New(), policy.Password.History); err != nil {
		return Started{}, err
	}
	now := store.Now()
	if err := savePassword(ctx, tx, who.orgID, who.id, hash, false, now); err != nil {
		return Started{}, err
	}
	if err := s.Audit.Record(ctx, tx, audit.Event{Action: "password.change", Targets: who.targets()}); err != nil {
		return Started{}, err
	}
	if err := s.EndAll(ctx, tx, who.id, whyPasswordChanged); err != nil {
		return Started{}, err
	}
	if s.PasswordChanged != nil {
		if err := s.PasswordChanged(ctx, tx, who.id); err != nil {
			return Started{}, err
		}
	}
	actor := access.ActorFrom(ctx)
	if actor.SessionID == "" {
		return Started{}, nil
	}
	current, err := sessionByID(ctx, tx, actor.OrgID, actor.SessionID)
	if err != nil {
		return Started{}, err
	}
	who.epoch++ // by EndAll
	who.mustChange, who.passwordAt = false, now
	return s.start(ctx, tx, who, beginning{methods: current.Methods, pod: current.PodID})
}

// KeepPassword checks a temporary password, which has to be replaced at the first sign-in, and hashes it outside of any transaction; what
// it returns stores it and ends the technician's sessions. It is the Password hook of technician.
func (s *Service) KeepPassword(ctx context.Context, typed string, t technician.Technician) (technician.KeepPassword, error) {
	t.OrgID = access.ActorFrom(ctx).OrgID
	known, err := s.knownOf(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.prepareNew(ctx, newPassword{org: t.OrgID, typed: typed, pointer: "/password", temporary: true, known: known})
}

// SetPassword checks a new password of t against the organization's rules and hashes it outside of any transaction, which takes a while;
// keep stores it, in the transaction that used up whatever allows it, and ends all of t's sessions. A temporary one has to be replaced at
// the next sign-in. Faults point at /password.
func (s *Service) SetPassword(ctx context.Context, typed string, t technician.Technician, temporary bool) (keep func(ctx context.Context, tx *store.Tx) error, err error) {
	known, err := s.knownOf(ctx, t)
	if err != nil {
		return nil, err
	}
	n := newPassword{org: t.OrgID, technicianID: t.ID, typed: typed, pointer: "/password", temporary: temporary, known: known}
	save, err := s.prepareNew(ctx, n)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *store.Tx) error {
		if access.ActorFrom(ctx).OrgID != t.OrgID {
			ctx = asNobody(ctx, t.OrgID)
		}
		return save(ctx, tx, t.ID)
	}, nil
}

// knownOf is what a guesser knows of a person.
func (s *Service) knownOf(ctx context.Context, t technician.Technician) ([]string, error) {
	o, err := organization.ByID(ctx, s.DB.Read(), t.OrgID)
	if err != nil {
		return nil, err
	}
	return []string{o.Name, t.Name(), t.Email}, nil
}

// newPassword is a password that somebody is to have.
type newPassword struct {
	org, technicianID string // "" for somebody new
	typed, pointer    string
	temporary         bool
	known             []string
}

// prepareNew checks and hashes a password.
func (s *Service) prepareNew(ctx context.Context, n newPassword) (technician.KeepPassword, error) {
	prepared, policy, err := s.accept(ctx, n)
	if err != nil {
		return nil, err
	}
	hash, err := s.hash(ctx, n, prepared, policy)
	if err != nil {
		return nil, err
	}
	return keeper{s, hash, n.temporary, policy.Password.History}.keep, nil
}

// accept says what is wrong with a password by the rules of its organization.
func (s *Service) accept(ctx context.Context, n newPassword) (prepared string, policy signinpolicy.Policy, err error) {
	if policy, err = s.Policies.Of(ctx, n.org); err != nil {
		return "", policy, err
	}
	prepared, err = policy.Rules().Accept(n.pointer, n.typed, n.known...)
	return prepared, policy, err
}

// hash hashes a password, unless it is a former one that must not come back. Who gives somebody a temporary one does not learn whether it is.
func (s *Service) hash(ctx context.Context, n newPassword, prepared string, policy signinpolicy.Policy) (string, error) {
	var former []string
	if policy.Password.History > 0 && n.technicianID != "" && !n.temporary {
		var err error
		if former, err = formerHashes(ctx, s.DB.Read(), n.org, n.technicianID, policy.Password.History); err != nil {
			return "", err
		}
	}
	slot, err := s.Hasher.Enter(ctx)
	if err != nil {
		return "", err
	}
	defer slot.Leave()
	if slices.ContainsFunc(former, func(hash string) bool { ok, _ := slot.Verify(hash, prepared); return ok }) {
		return "", errUsed.At(n.pointer)
	}
	return slot.Hash(prepared), nil
}

// keeper is a password that was found good enough.
type keeper struct {
	*Service
	hash      string
	temporary bool
	history   int
}

func (k keeper) keep(ctx context.Context, tx *store.Tx, technicianID string) error {
	org := access.ActorFrom(ctx).OrgID
	if err := keepFormer(ctx, tx, org, technicianID, id.New(), k.history); err != nil {
		return err
	}
	if err := savePassword(ctx, tx, org, technicianID, k.hash, k.temporary, store.Now()); err != nil {
		return err
	}
	if err := k.Audit.Record(ctx, tx, audit.Event{
		Action: "password.set", Targets: []audit.Target{{Type: "technician", ID: technicianID}}, Detail: map[string]any{"temporary": k.temporary},
	}); err != nil {
		return err
	}
	return k.EndAll(ctx, tx, technicianID, whyPasswordChanged)
}
