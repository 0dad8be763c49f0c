package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify/override"
)

// maxNamed is how many technicians a notification of overrides names; the report names all.
const maxNamed = 10

// weeklyOverrides tells of overrides every Monday.
func (a *App) weeklyOverrides() override.Weekly {
	return override.Weekly{DB: a.db, Tell: a.tellOfOverrides, Log: a.log}
}

// tellOfOverrides tells the owner and administrators how often whose word stood for a proof in a week (R14).
func (a *App) tellOfOverrides(ctx context.Context, tx *store.Tx, w override.Week) error {
	total := 0
	var named []string
	for i, t := range w.Tallies {
		if total += t.Overrides; i < maxNamed {
			name := t.Name
			if name == "" {
				name = "…" // deleted
			}
			named = append(named, fmt.Sprintf("%s %d", name, t.Overrides))
		}
	}
	if more := len(w.Tallies) - maxNamed; more > 0 {
		named = append(named, fmt.Sprintf("+%d", more))
	}
	return a.notifications.TellAdministrators(ctx, tx, notification.Notice{Kind: notification.Overrides, Data: map[string]string{
		"overrides": strconv.Itoa(total), "by_technician": strings.Join(named, ", "), "from": w.From, "to": w.To,
	}})
}
