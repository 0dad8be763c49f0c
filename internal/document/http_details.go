package document

import (
	"context"

	"countersign.dev/countersign/internal/httpapi"
)

type detailsBody struct {
	Phone              string `json:"phone,omitempty" maxLength:"40" doc:"where clients call back"`
	Website            string `json:"website,omitempty" maxLength:"300"`
	VerificationNumber string `json:"verification_number,omitempty" maxLength:"40" doc:"where clients text #verify"`
	VerificationEmail  string `json:"verification_email,omitempty" maxLength:"254" doc:"where clients mail #verify"`
	Published          []Key  `json:"published,omitempty" maxItems:"20" doc:"documents with a page that everybody may read"`
}

type settingsBody struct {
	Phone              string `json:"phone"`
	Website            string `json:"website"`
	VerificationNumber string `json:"verification_number"`
	VerificationEmail  string `json:"verification_email"`
	Published          []Key  `json:"published"`
	Version            int64  `json:"version"`
}

func settingsOf(d Details, err error) (*httpapi.One[settingsBody], error) {
	if err != nil {
		return nil, err
	}
	b := settingsBody{d.Phone, d.Website, d.VerificationNumber, d.VerificationEmail, d.Published, d.Version}
	return &httpapi.One[settingsBody]{ETag: httpapi.ETag(d.Version), Body: b}, nil
}

func (s *Service) getSettings(ctx context.Context, _ *struct{}) (*httpapi.One[settingsBody], error) {
	return settingsOf(s.Details(ctx))
}

func (s *Service) patchSettings(ctx context.Context, in *struct {
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[detailsBody]
},
) (*httpapi.One[settingsBody], error) {
	return settingsOf(s.SaveDetails(ctx, func(now Details) (Details, error) {
		if err := httpapi.IfMatch(in.IfMatch, now.Version); err != nil {
			return now, err
		}
		b, err := httpapi.Merge(detailsBody{now.Phone, now.Website, now.VerificationNumber, now.VerificationEmail, now.Published}, in.Body.RawMessage)
		now.Phone, now.Website, now.VerificationNumber, now.VerificationEmail, now.Published = b.Phone, b.Website, b.VerificationNumber, b.VerificationEmail, b.Published
		return now, err
	}))
}
