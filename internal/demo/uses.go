package demo

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// recordedFor is how many days the record of the demo's uses goes back.
const recordedFor = 120

// makeUses records what the crew did with the devices of their customers in the last weeks: the service desk never restarts one, nobody wakes or locks any,
// and the field team stopped using the command line a while ago. It is told to what keeps the record, which writes it when it writes.
func (o *Organization) makeUses(context.Context) error {
	if o.Used == nil {
		return nil
	}
	everyday := []perm.Permission{perm.DeviceView, perm.DeviceScreenView, perm.DeviceScreenControl, perm.DeviceFiles, perm.DeviceChat}
	often := [][]perm.Permission{everyday, append([]perm.Permission{perm.DeviceTerminal, perm.DeviceReboot}, everyday...), everyday, append([]perm.Permission{perm.DeviceTerminal}, everyday...)}
	now := store.Now()
	for i, who := range crew() {
		if who.invited || who.suspended || who.role == perm.ReadOnly {
			continue
		}
		for _, team := range who.teams {
			devices := o.watched[team]
			for day := range recordedFor {
				at := now.AddDate(0, 0, -day).Add(-time.Duration(i) * time.Minute)
				if at.Weekday() == time.Sunday || len(devices) == 0 || (day+i)%3 != 0 {
					continue
				}
				did := often[team]
				if team == 2 && day > recordedFor-20 {
					did = append([]perm.Permission{perm.DeviceTerminal}, did...)
				}
				for n, p := range did {
					on := engine.Target{Type: engine.Device, ID: devices[(day*7+i*3+n/3)%len(devices)]}
					o.Used(access.Decision{OrgID: o.Owner.OrgID, TechnicianID: o.technicians[i].ID, Permission: p, On: on, Outcome: engine.Allow, At: at})
				}
			}
		}
	}
	return nil
}
