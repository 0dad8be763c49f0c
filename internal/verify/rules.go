package verify

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/verifypolicy"
)

// inOrder lists the methods as the policy offers them.
func (s *Service) inOrder(rules verifypolicy.Rules) []Method {
	return slices.SortedStableFunc(slices.Values(s.methods), func(a, b Method) int {
		return rules.Before(string(a.Describe().Name), string(b.Describe().Name))
	})
}

// fillRules says what the customer's policy wants technicians to know, and for which actions the caller has proved enough.
func (s *Service) fillRules(ctx context.Context, p *Panel, c contact.Contact, rules verifypolicy.Rules) (err error) {
	p.Banner, p.ShowOnLoad = rules.Banner, rules.ShowOnLoad != nil && *rules.ShowOnLoad
	if p.Level, err = s.proved(ctx, s.DB.Read(), c.OrgID, c.ID, rules); err != nil {
		return err
	}
	for _, a := range verifypolicy.Actions() {
		p.Actions = append(p.Actions, PanelAction{a, rules.Required[a], p.Level >= rules.Required[a]})
	}
	return nil
}
