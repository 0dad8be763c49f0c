package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// owner is who is signed in to the demo.
func owner() technician.Owner {
	return technician.Owner{Name: "Dana Reyes", Email: "dana@harbor-it.example.com", Phone: "+12125550170", JobTitle: "Service manager"}
}

// crew is the demo's staff besides the owner. The first of each team leads it.
type colleague struct {
	given, family, title string
	role                 perm.Role
	locale               string
	teams                []int
	invited, suspended   bool
}

func crew() []colleague {
	return []colleague{
		{given: "Sam", family: "Okafor", title: "Service desk lead", role: perm.Manager, teams: []int{0}},
		{given: "Priya", family: "Natarajan", title: "Technician", role: perm.Technician, teams: []int{0, 1}},
		{given: "Luc", family: "Moreau", title: "Technician", role: perm.Technician, locale: "fr", teams: []int{1}},
		{given: "Ingrid", family: "Solberg", title: "Retail team lead", role: perm.Manager, teams: []int{1}},
		{given: "Theo", family: "Marchetti", title: "Field engineer", role: perm.Technician, teams: []int{2}},
		{given: "Aisha", family: "Bello", title: "Field team lead", role: perm.Manager, teams: []int{2}},
		{given: "Viktor", family: "Horvat", title: "Technician", role: perm.Technician, teams: []int{2, 3}},
		{given: "Carmen", family: "Ibarra", title: "Education team lead", role: perm.Manager, teams: []int{3}},
		{given: "Dylan", family: "Foster", title: "Trainee", role: perm.ReadOnly, teams: []int{0}},
		{given: "Mina", family: "Yoon", title: "Technician", role: perm.Technician, teams: []int{3}, invited: true},
		{given: "Rolf", family: "Becker", title: "Contractor", role: perm.Technician, teams: []int{2}, suspended: true},
	}
}

func (c colleague) fields(n int) technician.Fields {
	return technician.Fields{
		GivenName: c.given, FamilyName: c.family, JobTitle: c.title, PlatformRole: c.role, Locale: c.locale,
		Email: strings.ToLower(c.given) + "@harbor-it.example.com", Phone: fmt.Sprintf("+12125550%d", 171+n),
		Usernames: []string{"connectwise:" + strings.ToLower(c.given[:1]+c.family)},
	}
}

// crews are the teams; a company names the one that looks after it.
func crews() []struct{ name, description string } {
	return []struct{ name, description string }{
		{"Service desk", "Offices and practices: the phone and the mailbox."},
		{"Retail", "Shops, tills and whatever opens at night."},
		{"Field", "Workshops and everything one has to drive to."},
		{"Education", "Schools and clubs."},
	}
}

// crowd makes up people, the same ones each time.
type crowd struct {
	rand    *rand.Rand
	numbers map[string]int // how many of an area's numbers are taken
	names   map[string]bool
}

func newCrowd() *crowd {
	return &crowd{rand: rand.New(rand.NewPCG(7, 7)), numbers: map[string]int{}, names: map[string]bool{}}
}

// number is the next free number of an area. Those of 212 up to 51 and from 70 to 81 belong to scripts and staff.
func (c *crowd) number(area string) string {
	n := c.numbers[area]
	c.numbers[area]++
	if area == "212" {
		if n += 52; n >= 70 {
			n += 12
		}
	}
	return fmt.Sprintf("+1%s55501%02d", area, n)
}

func (c *crowd) name() string {
	given, family := givenNames(), familyNames()
	for {
		name := given[c.rand.IntN(len(given))] + " " + family[c.rand.IntN(len(family))]
		if !c.names[name] {
			c.names[name] = true
			return name
		}
	}
}

// person is the nth contact of a company.
func (c *crowd) person(of company, customerID string, n int) contact.Fields {
	jobs := staff(of.trade)
	f := contact.Fields{CustomerID: customerID, Name: c.name(), JobTitle: jobs[min(n, 1)]}
	if n > 1 {
		f.JobTitle = jobs[2+c.rand.IntN(len(jobs)-2)]
	}
	f.Approver, f.VIP = n < 2, n == 0
	f.Emails = []string{address(f.Name, of.domain)}
	if c.rand.IntN(10) > 0 {
		f.Phones = []contact.Phone{{Number: c.number(of.areaCode), Kind: input.Mobile}}
	}
	if c.rand.IntN(12) == 0 {
		f.Language = "fr"
	}
	return f
}

func address(name, domain string) string {
	return strings.ReplaceAll(store.Fold(name), " ", ".") + "@" + domain + ".example.com"
}
