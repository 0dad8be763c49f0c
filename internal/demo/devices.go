package demo

import (
	"context"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/store"
)

// besides is how many machines a company has that are nobody's own: servers, tills, machines on a floor.
const besides = 8

// few of a company's machines are those that the crew is seen at.
const few = 4

// makeDevices gives each company a group with its sites below, and machines in them: one for each person, and some besides.
func (o *Organization) makeDevices(ctx context.Context) error {
	for i, c := range o.companies {
		root, err := o.Devices.CreateGroup(ctx, device.GroupFields{Name: c.name, CustomerID: o.customers[i]})
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		servers, err := o.Devices.CreateGroup(ctx, device.GroupFields{Name: "Servers", ParentID: root.ID})
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		var groups []device.Group
		for _, site := range sites(c.trade) {
			g, err := o.Devices.CreateGroup(ctx, device.GroupFields{Name: site, ParentID: root.ID})
			if err != nil {
				return fmt.Errorf("%s: %w", site, err)
			}
			groups = append(groups, g)
		}
		if err := o.fillGroups(ctx, i, servers, groups); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

func (o *Organization) fillGroups(ctx context.Context, of int, servers device.Group, groups []device.Group) error {
	batch, err := o.Devices.Batch(ctx)
	if err != nil {
		return err
	}
	short := initials(o.companies[of].name)
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		for n := range len(o.contacts[of]) + besides {
			g := groups[n%len(groups)]
			want := device.Fields{Name: fmt.Sprintf("%s-PC-%02d", short, n+1), GroupID: g.ID, Platform: o.platform()}
			switch {
			case n == 0:
				want = device.Fields{Name: short + "-SRV-01", GroupID: servers.ID, Platform: "windows", Description: "Files and accounts"}
			case n == 1:
				want = device.Fields{Name: short + "-SRV-02", GroupID: servers.ID, Platform: "linux", Description: "Backup"}
			case n >= besides:
				want.Description = o.contacts[of][n-besides].Name
			}
			if want, err = batch.Prepare(want); err != nil {
				return err
			}
			made, err := batch.CreateIn(ctx, tx, want)
			if err != nil {
				return err
			}
			if team := o.companies[of].team; n < few {
				o.watched[team] = append(o.watched[team], made.ID)
			}
		}
		return nil
	})
}

// platform is what most offices run, now and then something else.
func (o *Organization) platform() string {
	switch o.crowd.rand.IntN(8) {
	case 0:
		return "macos"
	case 1:
		return "linux"
	}
	return "windows"
}

func initials(name string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(name) {
		if r := word[0]; r >= 'A' && r <= 'Z' {
			b.WriteByte(r)
		}
	}
	return b.String()
}
