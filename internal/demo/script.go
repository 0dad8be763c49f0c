package demo

import (
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/input"
)

// A script is what is known in detail of one of the companies, by its place among them.
type script struct {
	people  []part
	tickets []affair
}

// A part is one person of a script.
type part struct {
	name, title, mobile, landline string
	language, notes               string
	vip, approver                 bool
}

// An affair is one ticket of a script.
type affair struct {
	contact, summary, description string
	notes                         []string
	closed                        bool
}

// scripts are those of the first companies: what the guides and the first minutes speak of.
func scripts() []script {
	return []script{
		{
			people: []part{
				{name: "Olivia Hart", title: "Practice owner", mobile: "+12125550101", landline: "+12125550111", vip: true, approver: true},
				{name: "Ben Castillo", title: "Office manager", mobile: "+12125550102", landline: "+12125550111", approver: true},
				{name: "Grace Lindqvist", title: "Dental hygienist", mobile: "+12125550103"},
				{name: "Tom Abara", title: "Front desk", landline: "+12125550112", notes: "No mobile at work: verify by email."},
				{name: "Mei Tanaka", title: "Front desk", mobile: "+12125550104"},
			},
			tickets: []affair{
				{
					contact: "Ben Castillo", summary: "Reset the password of the scheduling system", description: "Ben calls: locked out since this morning, patients are waiting.",
					notes: []string{"Called back on the number in our records. Verify before resetting anything."},
				},
				{
					contact: "Olivia Hart", summary: "New laptop for the practice owner", description: "Order as agreed, move mail and files.",
					notes: []string{"Ordered.", "Arrives on Tuesday; Olivia knows."},
				},
				{contact: "Mei Tanaka", summary: "Card reader at desk 2 does not answer", description: "Works after a restart, for about an hour.", notes: []string{"Replaced the cable."}, closed: true},
			},
		},
		{
			people: []part{
				{name: "Helen Brandt", title: "Managing partner", mobile: "+12125550121", landline: "+12125550131", vip: true, approver: true},
				{name: "Marcus Webb", title: "Partner", mobile: "+12125550122", vip: true},
				{name: "Ines Duarte", title: "Paralegal", mobile: "+12125550123"},
				{name: "Yusuf Demir", title: "Accounts", mobile: "+12125550124", landline: "+12125550132"},
				{name: "Claire Fontaine", title: "Assistant to the partners", mobile: "+12125550125", language: "fr"},
			},
			tickets: []affair{
				{
					contact: "Marcus Webb", summary: "Asks for a new factor for mail from a new phone", description: "Says that the old phone was lost on a train.",
					notes: []string{"Do not touch the factor before the caller is verified; see the note on the customer."},
				},
				{contact: "Yusuf Demir", summary: "Invoice program prints two copies", description: "Since the update on Monday."},
				{contact: "Claire Fontaine", summary: "Shared calendar of the partners", description: "Needs to see, not to change.", notes: []string{"Helen approved."}, closed: true},
			},
		},
		{
			people: []part{
				{name: "Rosa Silva", title: "Owner", mobile: "+12125550141", vip: true, approver: true},
				{name: "Jack Novak", title: "Head baker", mobile: "+12125550142"},
				{name: "Amélie Roux", title: "Shop manager", mobile: "+12125550143", landline: "+12125550151", language: "fr"},
				{name: "Peter Lang", title: "Deliveries", mobile: "+12125550144"},
			},
			tickets: []affair{
				{contact: "Amélie Roux", summary: "The till does not reach the card service", description: "Red light since opening; cash only.", notes: []string{"The line is up; asked the card service."}},
				{contact: "Rosa Silva", summary: "Mail from a supplier with new bank details", description: "Rosa wants to know whether it is real before she pays.", notes: []string{"Told her to call the supplier on the number she has always used."}},
			},
		},
	}
}

func (p part) fields(of company, customerID string) contact.Fields {
	f := contact.Fields{
		CustomerID: customerID, Name: p.name, JobTitle: p.title, Language: p.language, VIP: p.vip, Approver: p.approver, Notes: p.notes,
		Emails: []string{address(p.name, of.domain)},
	}
	if p.mobile != "" {
		f.Phones = append(f.Phones, contact.Phone{Number: p.mobile, Kind: input.Mobile})
	}
	if p.landline != "" {
		f.Phones = append(f.Phones, contact.Phone{Number: p.landline, Kind: input.Landline})
	}
	return f
}
