package app

import (
	"time"

	"countersign.dev/countersign/internal/authzen"
	"countersign.dev/countersign/internal/explain"
)

// askingRoutes mount the questions about access: those of other programs, and why, what and who for the console.
func (a *App) askingRoutes() {
	a.asked.Routes(a.api, a.baseURL())
	explain.New(a.db, a.guard, a.guard).Routes(a.api)
}

func (a *App) newAsked() *authzen.Service { return authzen.New(a.db, a.guard, a.guard, a.log) }

// recordAsked writes down what other programs are told, and forgets it in time.
func (a *App) recordAsked() {
	a.loops["record of decisions"] = a.asked.Run
	a.queue.Every("old decisions", time.Hour, a.asked.Sweep)
}
