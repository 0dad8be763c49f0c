package signin

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// ChangePassword replaces one's own password. All sessions end, and the one that asked goes on as a new one, so that whoever held a copy
// of it is out. Wrong current passwords count like failed sign-ins. For a token there is nothing to go on, and Started is zero.
func (s *Service) ChangePassword(ctx context.Context, current, next string) (Started, error) {
	if err := s.Guard.WholeAccount(ctx); err != nil {
		return Started{}, err
	}
	actor, now := access.ActorFrom(ctx), store.Now()
	from := network(actor.Address)
	if wait := s.limits.check(from, now); wait > 0 {
		return Started{}, errTooMany.After(wait)
	}
	who, err := accountByID(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return Started{}, err
	}
	prepared, err := password.Default().Accept("/new_password", next, who.orgName, who.name, who.email)
	if err != nil {
		return Started{}, err
	}
	slot, err := s.Hasher.Enter(ctx)
	if err != nil {
		return Started{}, err
	}
	defer slot.Leave()

	counted, err := s.count(ctx, []failureKey{{who.orgID, who.id, "change"}}, now)
	if err != nil {
		return Started{}, err
	}
	typed, ok := password.Prepare(current)
	match, _ := slot.Verify(who.hash, typed)
	if !match || !ok || counted.verdict != allowed {
		s.limits.failed(from, now)
		return Started{}, s.refuseChange(ctx, who)
	}
	if prepared == typed {
		return Started{}, errSame.At("/new_password")
	}
	hash := slot.Hash(prepared)
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = s.changePassword(ctx, tx, who, hash, counted)
		return err
	})
	return out, err
}

func (s *Service) changePassword(ctx context.Context, tx *store.Tx, who account, hash string, counted counted) (out Started, err error) {
	if err := lockEpoch(ctx, tx, who); err != nil {
		return Started{}, err
	}
	if err := savePassword(ctx, tx, who.orgID, who.id, hash, false, store.Now()); err != nil {
		return Started{}, err
	}
	if err := counted.clear(ctx, tx); err != nil {
		return Started{}, err
	}
	if err := s.Audit.Record(ctx, tx, audit.Event{Action: "password.change", Targets: who.targets()}); err != nil {
		return Started{}, err
	}
	if err := s.EndAll(ctx, tx, who.id, whyPasswordChanged); err != nil {
		return Started{}, err
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
	who.mustChange = false
	return s.start(ctx, tx, who, beginning{methods: current.Methods})
}

func (s *Service) refuseChange(ctx context.Context, who account) error {
	err := s.Audit.Append(ctx, audit.Event{Action: "password.change", Outcome: audit.Denied, Reason: whyPassword, Targets: who.targets()})
	if err != nil {
		return err
	}
	return errCurrent.At("/current_password")
}

// KeepPassword checks a temporary password, which has to be replaced at the first sign-in, and hashes it outside of any transaction; what
// it returns stores it and ends the technician's sessions. It is the Password hook of technician.
func (s *Service) KeepPassword(ctx context.Context, typed string, t technician.Technician) (technician.KeepPassword, error) {
	t.OrgID = access.ActorFrom(ctx).OrgID
	known, err := s.knownOf(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.prepareNew(ctx, newPassword{typed: typed, temporary: true, known: known})
}

// SetPassword checks a new password of t against the organization's rules and hashes it outside of any transaction, which takes a while;
// keep stores it, in the transaction that used up whatever allows it, and ends all of t's sessions. A temporary one has to be replaced at
// the next sign-in. Faults point at /password.
func (s *Service) SetPassword(ctx context.Context, typed string, t technician.Technician, temporary bool) (keep func(ctx context.Context, tx *store.Tx) error, err error) {
	known, err := s.knownOf(ctx, t)
	if err != nil {
		return nil, err
	}
	save, err := s.prepareNew(ctx, newPassword{typed: typed, temporary: temporary, known: known})
	if err != nil {
		return nil, err
	}
	return keeping{save, t}.keep, nil
}

// keeping is a good password of somebody.
type keeping struct {
	save technician.KeepPassword
	of   technician.Technician
}

func (k keeping) keep(ctx context.Context, tx *store.Tx) error {
	if access.ActorFrom(ctx).OrgID != k.of.OrgID {
		ctx = asNobody(ctx, k.of.OrgID)
	}
	return k.save(ctx, tx, k.of.ID)
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
	typed     string
	temporary bool
	known     []string
}

// prepareNew checks and hashes a password.
func (s *Service) prepareNew(ctx context.Context, n newPassword) (technician.KeepPassword, error) {
	prepared, err := password.Default().Accept("/password", n.typed, n.known...)
	if err != nil {
		return nil, err
	}
	slot, err := s.Hasher.Enter(ctx)
	if err != nil {
		return nil, err
	}
	hash := slot.Hash(prepared)
	slot.Leave()
	return keeper{s, hash, n.temporary}.keep, nil
}

// keeper is a password that was found good enough.
type keeper struct {
	*Service
	hash      string
	temporary bool
}

func (k keeper) keep(ctx context.Context, tx *store.Tx, technicianID string) error {
	if err := savePassword(ctx, tx, access.ActorFrom(ctx).OrgID, technicianID, k.hash, k.temporary, store.Now()); err != nil {
		return err
	}
	if err := k.Audit.Record(ctx, tx, audit.Event{
		Action: "password.set", Targets: []audit.Target{{Type: "technician", ID: technicianID}}, Detail: map[string]any{"temporary": k.temporary},
	}); err != nil {
		return err
	}
	return k.EndAll(ctx, tx, technicianID, whyPasswordChanged)
}
