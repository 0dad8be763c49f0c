package demo

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/store"
)

// makeConsents lets some people have agreed to texts, some have been asked, and a few want none: the last of each company, whom no script
// verifies.
func (o *Organization) makeConsents(ctx context.Context) error {
	by := access.ActorFrom(ctx)
	said := []consent.Record{
		{State: consent.OptedIn, Source: consent.ByVoice, ByID: by.ID, ByName: by.Name, Note: "Agreed when the contract was renewed."},
		{State: consent.Sent, Source: consent.ByAsking, Way: "email", ByID: by.ID, ByName: by.Name, Language: "en"},
		{State: consent.OptedOut, Source: consent.ByWord, Way: "sms"},
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		for i, people := range o.contacts {
			for n, r := range said {
				at := len(people) - 1 - n
				if at < len(said) || r.State == consent.OptedOut && i > 1 {
					continue
				}
				numbers := people[at].Addresses("sms")
				if len(numbers) == 0 {
					continue
				}
				r.Address, r.ContactID = numbers[0], people[at].ID
				if _, err := o.Consents.Put(ctx, tx, r); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
