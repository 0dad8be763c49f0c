package signin

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// ChangePassword replaces one's own password. All sessions end, and the one that asked goes on as a new one, so that whoever held a copy
// of it is out. Wrong current passwords count like failed sign-ins. For a token there is nothing to go on, and Started is zero.
func (s *Service) ChangePassword(ctx context.Context, current, next string) (Started, error) {
	if err := s.ownAccount(ctx); err != nil {
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
	prepared, err := acceptable("/new_password", next, who.orgName, who.name, who.email)
	if err != nil {
		return Started{}, err
	}
	slot, err := s.Hasher.enter(ctx)
	if err != nil {
		return Started{}, err
	}
	defer slot.leave()

	counted, err := s.count(ctx, []failureKey{{who.orgID, who.id, "change"}}, now)
	if err != nil {
		return Started{}, err
	}
	typed, ok := prepare(current)
	match, _ := slot.verify(who.hash, typed)
	if !match || !ok || counted.verdict != allowed {
		s.limits.failed(from, now)
		return Started{}, s.refuseChange(ctx, who)
	}
	if prepared == typed {
		return Started{}, errSame.At("/new_password")
	}
	hash := slot.hash(prepared)
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
	if access.ActorFrom(ctx).SessionID == "" {
		return Started{}, nil
	}
	who.epoch++ // by EndAll
	who.mustChange = false
	return s.start(ctx, tx, who, beginning{method: "password"})
}

func (s *Service) refuseChange(ctx context.Context, who account) error {
	err := s.Audit.Append(ctx, audit.Event{Action: "password.change", Outcome: audit.Denied, Reason: whyPassword, Targets: who.targets()})
	if err != nil {
		return err
	}
	return errCurrent.At("/current_password")
}

// keepPassword stores a password that was checked and hashed before the transaction began.
type keepPassword = func(ctx context.Context, tx *store.Tx, technicianID string) error

// KeepPassword checks a temporary password, which has to be replaced at the first sign-in, and hashes it outside of any transaction; what
// it returns stores it and ends the technician's sessions. It is the Password hook of technician.
func (s *Service) KeepPassword(ctx context.Context, password string, t technician.Technician) (func(context.Context, *store.Tx, string) error, error) {
	o, err := organization.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	return s.prepareNew(ctx, password, true, o.Name, t.Name(), t.Email)
}

// prepareNew prepares a new password against what a guesser knows: the names of person and organization, the email.
func (s *Service) prepareNew(ctx context.Context, typed string, temporary bool, known ...string) (keepPassword, error) {
	password, err := acceptable("/password", typed, known...)
	if err != nil {
		return nil, err
	}
	slot, err := s.Hasher.enter(ctx)
	if err != nil {
		return nil, err
	}
	hash := slot.hash(password)
	slot.leave()
	return keeper{s, hash, temporary}.keep, nil
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
