package imap

import (
	"context"
	"errors"

	"countersign.dev/countersign/internal/message/mailin"
	"countersign.dev/countersign/internal/store"
)

// read fetches what comes until the connection ends.
func (s *Service) read(ctx context.Context, b Box, from place) error {
	inbound, err := s.inbound(ctx, b.OrgID)
	if err != nil || inbound == "" {
		return errors.Join(err, s.waitForAddress(ctx, b.OrgID, inbound, err))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c, err := s.open(ctx, b)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	at, err := c.start(from, store.Now())
	if err != nil {
		return err
	}
	if err := s.keepPlace(ctx, b.OrgID, at); err != nil {
		return err
	}
	var unmarked error
	for {
		if at, unmarked, err = s.fetch(ctx, c, b, inbound, at, unmarked); err != nil {
			return err
		}
		if err := s.noteConnected(ctx, b.OrgID, unmarked); err != nil {
			return err
		}
		if err := c.wait(ctx, s.Timing); err != nil {
			return err
		}
		if now, err := s.inbound(ctx, b.OrgID); err != nil || now != inbound {
			return err // to begin again with the new address
		}
	}
}

// fetch takes over what lies behind a place. A mail is handed over, then marked, then passed: whatever fails between is done again, and
// what was handed over twice counts once.
func (s *Service) fetch(ctx context.Context, c *client, b Box, inbound string, at place, unmarked error) (place, error, error) {
	found, err := c.after(at.last)
	if err != nil {
		return at, unmarked, err
	}
	for _, uid := range found {
		raw, err := c.load(uid)
		if err != nil {
			return at, unmarked, err
		}
		if len(raw) > 0 {
			if len(raw) > mailin.MaxSize {
				s.Log.Info("dropped a mail that is too large", "organization", b.OrgID)
			} else if err := s.take(ctx, b, inbound, raw); err != nil {
				return at, unmarked, failed(reasonStore, err)
			}
			if err := c.finish(b, uid); err != nil {
				if reasonOf(err) != reasonMark {
					return at, unmarked, err
				}
				unmarked = err
			}
		}
		at.last = uid
		if err := s.keepPlace(ctx, b.OrgID, at); err != nil {
			return at, unmarked, err
		}
	}
	return at, unmarked, nil
}

func (s *Service) keepPlace(ctx context.Context, orgID string, at place) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return putPlace(ctx, tx, orgID, s.node, at) })
}

func (s *Service) noteConnected(ctx context.Context, orgID string, unmarked error) error {
	status := Status{State: Connected, CheckedAt: store.Now()}
	if unmarked != nil {
		status.Reason = reasonOf(unmarked)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return putStatus(ctx, tx, orgID, s.node, status) })
}

func (s *Service) inbound(ctx context.Context, orgID string) (string, error) {
	m, ok, err := s.MailOf(ctx, s.DB.Read(), orgID)
	if err != nil || !ok {
		return "", err
	}
	return m.InboundAddress, nil
}

// waitForAddress holds on to a mailbox for which no address for answers is set any more.
func (s *Service) waitForAddress(ctx context.Context, orgID, inbound string, err error) error {
	if err != nil {
		return nil
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		return putStatus(ctx, tx, orgID, s.node, Status{State: NoAddress, CheckedAt: store.Now()})
	})
	for err == nil && inbound == "" && ctx.Err() == nil {
		s.sleep(ctx, s.Timing.Poll)
		inbound, err = s.inbound(ctx, orgID)
	}
	return err
}
