package imap

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/mailin"
)

// place is how far a mailbox was read. Its numbers mean something only as long as the server keeps its validity (RFC 9051, 2.3.1.1).
type place struct {
	validity uint32
	last     goimap.UID
}

// overlap is how far back a mailbox is read again whose server counts anew. What came twice is known by its Message-ID.
const overlap = 48 * time.Hour

// start finds where to begin. What lay in the mailbox before it was set up is none of ours.
func (c *client) start(p place, now time.Time) (place, error) {
	got := place{validity: c.selected.UIDValidity}
	switch p.validity {
	case got.validity:
		got.last = p.last
	case 0:
		got.last = c.selected.UIDNext - 1
		if c.selected.UIDNext == 0 { // it need not tell
			last, err := c.search(&goimap.SearchCriteria{})
			if err != nil {
				return p, err
			}
			if n := len(last); n > 0 {
				got.last = last[n-1]
			}
		}
	default:
		recent, err := c.search(&goimap.SearchCriteria{Since: now.Add(-overlap)})
		if err != nil {
			return p, err
		}
		if got.last = c.selected.UIDNext - 1; len(recent) > 0 {
			got.last = recent[0] - 1
		}
	}
	return got, nil
}

// after lists the mails behind a place. A server answers "n:*" with its last mail, also if that lies before n.
func (c *client) after(last goimap.UID) ([]goimap.UID, error) {
	found, err := c.search(&goimap.SearchCriteria{UID: []goimap.UIDSet{{goimap.UIDRange{Start: last + 1, Stop: 0}}}})
	return slices.DeleteFunc(found, func(uid goimap.UID) bool { return uid <= last }), err
}

func (c *client) search(criteria *goimap.SearchCriteria) (found []goimap.UID, err error) {
	err = c.do(func() error {
		data, err := c.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		found = data.AllUIDs()
		return nil
	})
	if err != nil {
		return nil, c.word(err, reasonProtocol)
	}
	slices.Sort(found)
	return found, nil
}

// load reads one mail without marking it. It is nil if the mail has gone, and longer than mailin.MaxSize if it is larger than that.
func (c *client) load(uid goimap.UID) (raw []byte, err error) {
	section := &goimap.FetchItemBodySection{Peek: true, Partial: &goimap.SectionPartial{Size: mailin.MaxSize + 1}}
	err = c.do(func() error {
		cmd := c.Fetch(goimap.UIDSetNum(uid), &goimap.FetchOptions{UID: true, BodySection: []*goimap.FetchItemBodySection{section}})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			var body bytes.Buffer
			ours := false
			for item := m.Next(); item != nil; item = m.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					ours = item.UID == uid
				case imapclient.FetchItemDataBodySection:
					if item.Literal == nil {
						continue
					}
					if _, err := io.Copy(&body, io.LimitReader(item.Literal, mailin.MaxSize+1)); err != nil {
						return err
					}
				}
			}
			if ours && body.Len() > 0 {
				raw = body.Bytes()
			}
		}
		return cmd.Close()
	})
	if err != nil {
		return nil, c.word(err, reasonProtocol)
	}
	return raw, nil
}

// take hands one mail over. It fails only if the mail has to be tried again.
func (s *Service) take(ctx context.Context, b Box, inbound string, raw []byte) error {
	m, err := mailin.Parse(raw)
	if err != nil {
		s.Log.Info("dropped a mail that cannot be read", "organization", b.OrgID)
		return nil
	}
	to := recipient(m, inbound)
	ctx = access.WithActor(ctx, access.System(b.OrgID))
	if m.NullPath || m.Automatic {
		_, token := mail.SplitReply(to)
		if m.NullPath && m.Bounce.Status != "" && token != "" && s.Bounced != nil {
			return s.Bounced(ctx, token, m.Bounce.Status)
		}
		s.Log.Info("dropped an automatic mail", "organization", b.OrgID)
		return nil
	}
	return s.Receive(ctx, message.In{
		ID: m.ID(), Way: message.Email, From: m.From, To: to, Subject: m.Subject, Body: m.Text,
		Aligned: m.Aligned(ctx, s.LookupTXT, func(address string) bool {
			own, _ := mail.SplitReply(address)
			return own == inbound
		}),
	})
}

// recipient is the reply address of a message that a mail names, or else the inbound address. Naming one proves as much as writing to
// one: nobody else knows it.
func recipient(m mailin.Mail, inbound string) string {
	for _, to := range m.To {
		if own, token := mail.SplitReply(to); own == inbound && token != "" {
			return to
		}
	}
	return inbound
}

// finish does with a handled mail what the organization wants. Without the server's UIDPLUS a deleted mail is only marked: to remove it
// would also remove what somebody else has marked.
func (c *client) finish(b Box, uid goimap.UID) error {
	set := goimap.UIDSetNum(uid)
	err := c.do(func() error {
		switch b.Handled {
		case Move:
			if c.Caps().Has(goimap.CapMove) || c.Caps().Has(goimap.CapUIDPlus) {
				_, err := c.Client.Move(set, b.MoveTo).Wait()
				return err
			}
			if _, err := c.Copy(set, b.MoveTo).Wait(); err != nil {
				return err
			}
			return c.mark(set, goimap.FlagDeleted)
		case Delete:
			if err := c.mark(set, goimap.FlagDeleted); err != nil || !c.Caps().Has(goimap.CapUIDPlus) {
				return err
			}
			return c.UIDExpunge(set).Close()
		}
		return c.mark(set, goimap.FlagSeen)
	})
	if err != nil {
		return c.word(err, reasonMark)
	}
	return nil
}

func (c *client) mark(set goimap.UIDSet, flag goimap.Flag) error {
	return c.Store(set, &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Silent: true, Flags: []goimap.Flag{flag}}, nil).Close()
}
