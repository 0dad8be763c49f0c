package app

// demoData is what the demo organization looks after. Its numbers are reserved for fiction and its domains for examples.
func demoData() []demoCustomer {
	return []demoCustomer{
		{
			name: "Northwind Dental", domain: "northwind-dental.example.com", notes: "Four chairs, two front desks. Closed on Fridays.",
			people: []demoPerson{
				{name: "Olivia Hart", title: "Practice owner", mobile: "+12125550101", landline: "+12125550111", vip: true, approver: true},
				{name: "Ben Castillo", title: "Office manager", mobile: "+12125550102", landline: "+12125550111", approver: true},
				{name: "Grace Lindqvist", title: "Dental hygienist", mobile: "+12125550103"},
				{name: "Tom Abara", title: "Front desk", landline: "+12125550112", notes: "No mobile at work: verify by email."},
				{name: "Mei Tanaka", title: "Front desk", mobile: "+12125550104"},
			},
			tickets: []demoTicket{
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
			name: "Fabrikam Legal", domain: "fabrikam-legal.example.com", notes: "Calls pretending to be partners in March. Verify everybody.",
			people: []demoPerson{
				{name: "Helen Brandt", title: "Managing partner", mobile: "+12125550121", landline: "+12125550131", vip: true, approver: true},
				{name: "Marcus Webb", title: "Partner", mobile: "+12125550122", vip: true},
				{name: "Ines Duarte", title: "Paralegal", mobile: "+12125550123"},
				{name: "Yusuf Demir", title: "Accounts", mobile: "+12125550124", landline: "+12125550132"},
				{name: "Claire Fontaine", title: "Assistant to the partners", mobile: "+12125550125", language: "fr"},
			},
			tickets: []demoTicket{
				{
					contact: "Marcus Webb", summary: "Asks for a new factor for mail from a new phone", description: "Says that the old phone was lost on a train.",
					notes: []string{"Do not touch the factor before the caller is verified; see the note on the customer."},
				},
				{contact: "Yusuf Demir", summary: "Invoice program prints two copies", description: "Since the update on Monday."},
				{contact: "Claire Fontaine", summary: "Shared calendar of the partners", description: "Needs to see, not to change.", notes: []string{"Helen approved."}, closed: true},
			},
		},
		{
			name: "Lakeside Bakery", domain: "lakeside-bakery.example.com", notes: "Starts at 3 in the morning; calls come early.",
			people: []demoPerson{
				{name: "Rosa Silva", title: "Owner", mobile: "+12125550141", vip: true, approver: true},
				{name: "Jack Novak", title: "Head baker", mobile: "+12125550142"},
				{name: "Amélie Roux", title: "Shop manager", mobile: "+12125550143", landline: "+12125550151", language: "fr"},
				{name: "Peter Lang", title: "Deliveries", mobile: "+12125550144"},
			},
			tickets: []demoTicket{
				{contact: "Amélie Roux", summary: "The till does not reach the card service", description: "Red light since opening; cash only.", notes: []string{"The line is up; asked the card service."}},
				{contact: "Rosa Silva", summary: "Mail from a supplier with new bank details", description: "Rosa wants to know whether it is real before she pays.", notes: []string{"Told her to call the supplier on the number she has always used."}},
			},
		},
	}
}
