package demo

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
)

// makeQuestions lets another program ask what the crew may do, as a remote tool does before it shows its buttons.
func (o *Organization) makeQuestions(ctx context.Context) error {
	if o.Ask == nil {
		return nil
	}
	wanted := []perm.Permission{perm.DeviceScreenControl, perm.DeviceTerminal, perm.DeviceReboot, perm.DeviceDelete}
	for i, who := range crew() {
		if who.invited {
			continue
		}
		for _, team := range who.teams {
			devices := o.watched[team]
			for n, p := range wanted {
				if len(devices) == 0 {
					break
				}
				if err := o.Ask(ctx, o.technicians[i].ID, p, string(engine.Device), devices[(i*3+n)%len(devices)]); err != nil {
					return fmt.Errorf("%s: %w", who.given, err)
				}
			}
		}
		if err := o.Ask(ctx, o.technicians[i].ID, perm.ContactEdit, resource.Contact, o.contacts[i%len(o.contacts)][0].ID); err != nil {
			return fmt.Errorf("%s: %w", who.given, err)
		}
	}
	return nil
}
