package app

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/accessreview"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/sensitivity"
	"countersign.dev/countersign/internal/store"
)

// rights are what technicians and teams are given.
type rights struct {
	roles  *role.Service
	grants *grant.Service
	marks  *sensitivity.Service
	bases  *platformrole.Service

	reviews *accessreview.Service // of them, made later
}

func (a *App) newRights() (r rights) {
	r.grants = grant.New(grant.Deps{DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events, Customers: a.customers, Devices: a.devices})
	r.roles = role.New(a.db, a.guard, a.audit, a.events, func(ctx context.Context, tx *store.Tx, gone role.Role) error {
		return r.grants.RoleDeleting(ctx, tx, gone)
	})
	r.marks = sensitivity.New(a.db, a.guard, a.audit, a.events, a.customers)
	r.bases = platformrole.New(platformrole.Deps{DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events})
	a.teams.Lifting(r.grants.TeamLifted)
	return r
}

func (r rights) mount(api *httpapi.API) {
	r.roles.Routes(api)
	r.grants.Routes(api)
	r.marks.Routes(api)
	r.bases.Routes(api)
}

// ensureRoles brings every organization up to date with the roles that come with this version.
func (a *App) ensureRoles(ctx context.Context) error {
	all, err := organization.All(ctx, a.db.Read())
	if err != nil {
		return err
	}
	for _, o := range all {
		if err := a.roles.EnsureSystem(access.WithActor(ctx, access.System(o.ID))); err != nil {
			return fmt.Errorf("bring the roles of %s up to date: %w", o.Slug, err)
		}
	}
	return nil
}
