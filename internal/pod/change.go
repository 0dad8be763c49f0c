package pod

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// secretPrefix tells people and scanners of repositories what a leaked secret is.
const secretPrefix = "cspod_"

// Create adds a pod and returns its secret, once.
func (s *Service) Create(ctx context.Context, want Fields) (p Pod, secret string, err error) {
	if err := s.admin(ctx); err != nil {
		return p, "", err
	}
	if want, err = s.checked(want); err != nil {
		return p, "", err
	}
	now := store.Now()
	p = Pod{OrgID: access.ActorFrom(ctx).OrgID, ID: id.New(), Fields: want, CreatedAt: now, UpdatedAt: now, Version: 1}
	if secret, p.secret, err = s.newSecret(p); err != nil {
		return p, "", err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		have, err := list(ctx, tx, p.OrgID)
		if err != nil {
			return err
		}
		if len(have) >= maxPods {
			return errMany
		}
		if err := insert(ctx, tx, p); err != nil {
			return err
		}
		return s.changed(ctx, tx, "pod.create", p, nil, p.record())
	})
	if err != nil {
		return Pod{}, "", err
	}
	return p, secret, nil
}

// newSecret makes a secret and seals it for its pod.
func (s *Service) newSecret(p Pod) (secret string, sealed []byte, err error) {
	secret = secretPrefix + id.Secret()
	sealed, err = s.Keys.Seal(p.place(), []byte(secret))
	return secret, sealed, err
}

func (p Pod) place() seal.Place {
	return seal.Place{Table: "pod", Column: "secret", ID: p.OrgID + "/" + p.ID}
}

// Update changes a pod; change gets it as it is and returns what it should be.
func (s *Service) Update(ctx context.Context, id string, change func(Pod) (Fields, error)) (Pod, error) {
	return s.write(ctx, id, "pod.update", func(p *Pod) error {
		next, err := change(*p)
		if err != nil {
			return err
		}
		if next, err = s.checked(next); err != nil {
			return err
		}
		if next.equal(p.Fields) {
			return errUnchanged
		}
		p.Fields = next
		return nil
	})
}

// Rotate gives a pod another secret and returns it, once. The one before stays good for grace, so that links can be changed over. check may
// refuse the pod as it is.
func (s *Service) Rotate(ctx context.Context, id string, grace time.Duration, check func(Pod) error) (p Pod, secret string, err error) {
	if grace < 0 || grace > MaxGrace {
		return p, "", errGrace.At("/grace_hours")
	}
	p, err = s.write(ctx, id, "pod.rotate_secret", func(p *Pod) error {
		if err := check(*p); err != nil {
			return err
		}
		p.previous, p.PreviousUntil = p.secret, store.Now().Add(grace)
		if grace == 0 {
			p.previous, p.PreviousUntil = nil, time.Time{}
		}
		secret, p.secret, err = s.newSecret(*p)
		return err
	})
	return p, secret, err
}

func (s *Service) write(ctx context.Context, id, action string, change func(*Pod) error) (p Pod, err error) {
	if err := s.admin(ctx); err != nil {
		return p, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if p, err = lock(ctx, tx, access.ActorFrom(ctx).OrgID, id); err != nil {
			return err
		}
		before := p.record()
		if err := change(&p); err != nil {
			return err
		}
		p.UpdatedAt = store.Now()
		if err := update(ctx, tx, p); err != nil {
			return err
		}
		p.Version++
		return s.changed(ctx, tx, action, p, before, p.record())
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Pod{}, err
	}
	return p, nil
}

// Delete removes a pod and ends the sessions that were begun for it. check may refuse it as it is.
func (s *Service) Delete(ctx context.Context, id string, check func(Pod) error) error {
	if err := s.admin(ctx); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
		if err != nil {
			return err
		}
		if err := check(p); err != nil {
			return err
		}
		if err := remove(ctx, tx, p.OrgID, p.ID); err != nil {
			return err
		}
		if err := s.Signin.EndPod(ctx, tx, p.ID); err != nil {
			return err
		}
		return s.changed(ctx, tx, "pod.delete", p, p.record(), nil)
	})
}

func (s *Service) changed(ctx context.Context, tx *store.Tx, action string, p Pod, before, after map[string]any) error {
	err := s.Audit.Record(ctx, tx, audit.Event{
		Action: action, Before: before, After: after, Targets: []audit.Target{{Type: "pod", ID: p.ID, Name: p.Name}},
	})
	if err != nil {
		return err
	}
	return s.Events.Publish(ctx, tx, events.Event{Kind: "settings.changed", ID: p.ID, Needs: perm.AdminSettings})
}
