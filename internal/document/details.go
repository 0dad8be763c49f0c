package document

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Details returns what the documents say of the actor's organization.
func (s *Service) Details(ctx context.Context) (Details, error) {
	if err := s.admin(ctx); err != nil {
		return Details{}, err
	}
	return detailsOf(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID)
}

// SaveDetails changes them; change gets them as they are and returns what they should be.
func (s *Service) SaveDetails(ctx context.Context, change func(Details) (Details, error)) (after Details, err error) {
	if err := s.admin(ctx); err != nil {
		return after, err
	}
	org := access.ActorFrom(ctx).OrgID
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := organization.ByID(ctx, tx, org)
		if err != nil {
			return err
		}
		before, err := detailsOf(ctx, tx, org)
		if err != nil {
			return err
		}
		if after, err = change(before); err != nil {
			return err
		}
		if after, err = after.checked(o.Region); err != nil {
			return err
		}
		if after.same(before) {
			after = before
			return nil
		}
		after.UpdatedAt, after.Version = store.Now(), before.Version+1
		if err := putDetails(ctx, tx, org, after); err != nil {
			return err
		}
		err = s.Audit.Record(ctx, tx, audit.Event{
			Action: "document.settings", Targets: []audit.Target{{Type: "organization", ID: org}}, Before: before.record(), After: after.record(),
		})
		if err != nil {
			return err
		}
		return s.tell(ctx, tx, "")
	})
	return after, err
}

func (d Details) checked(region string) (Details, error) {
	var f input.Form
	d.Phone = f.Phone("/phone", d.Phone, region)
	d.Website = f.Website("/website", d.Website, maxWebsite)
	d.VerificationNumber = f.Phone("/verification_number", d.VerificationNumber, region)
	d.VerificationEmail = f.Email("/verification_email", d.VerificationEmail)
	var published []Key
	for _, e := range Catalogue() { // in their order, each once
		if slices.Contains(d.Published, e.Key) {
			published = append(published, e.Key)
		}
	}
	for _, key := range d.Published {
		if _, ok := entryOf(key); !ok {
			f.Refuse("/published", "There is no such document.")
			break
		}
	}
	d.Published = published
	return d, f.Err()
}

func (d Details) same(o Details) bool {
	return d.Phone == o.Phone && d.Website == o.Website && d.VerificationNumber == o.VerificationNumber &&
		d.VerificationEmail == o.VerificationEmail && slices.Equal(d.Published, o.Published)
}

func (d Details) record() map[string]any {
	return map[string]any{
		"phone": d.Phone, "website": d.Website, "verification_number": d.VerificationNumber, "verification_email": d.VerificationEmail,
		"published": d.Published,
	}
}
