package app

import (
	"time"

	"countersign.dev/countersign/internal/approval/acts"
	"countersign.dev/countersign/internal/authzen"
	"countersign.dev/countersign/internal/explain"
	"countersign.dev/countersign/internal/usage"
)

// askingRoutes mount the questions about access: those of other programs, and why, what and who for the console.
func (a *App) askingRoutes() {
	a.asked.Routes(a.api, a.baseURL())
	explain.New(a.db, a.guard, a.guard).Routes(a.api)
	a.used.Routes(a.api)
}

// newAsked makes what answers other programs, and what keeps a record of all that is decided.
func (a *App) newAsked() (*authzen.Service, *usage.Service) {
	asked, used := authzen.New(a.db, a.guard, a.guard, a.log), usage.New(a.db, a.guard, a.guard, a.roles, a.grants, a.log)
	a.guard.Observe(used.Decided)
	asked.Observe(used.Asked)
	asked.Offer(acts.For)
	return asked, used
}

// recordAsked writes down what technicians do and what other programs are told, and forgets it in time.
func (a *App) recordAsked() {
	a.loops["record of decisions"] = a.asked.Run
	a.queue.Every("old decisions", time.Hour, a.asked.Sweep)
	a.loops["record of uses"] = a.used.Run
	a.queue.Every("old uses", time.Hour, a.used.Sweep)
}
