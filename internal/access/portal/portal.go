// Package portal decides what somebody may do who signs in at a customer's portal: a person of the customer, never a technician (POR-2).
package portal

import "slices"

// Role is what a portal user is. One that is none of these may do nothing.
type Role string

// The roles.
const (
	Member         Role = "user"
	AccountingUser Role = "accounting_user"
	Manager        Role = "manager"
	Admin          Role = "admin"
)

// Action is what is asked for, always on one customer.
type Action string

// The actions.
const (
	OwnTickets  Action = "ticket.own"  // to see and answer the tickets that one asked for oneself
	UserTickets Action = "ticket.user" // to see and answer the tickets of others
	Chats       Action = "chat"
	Invoices    Action = "invoice.view"
)

// User is who asks.
type User struct {
	Role    Role
	Company string   // the id of the customer that they belong to
	Others  []string // ids of the further customers that their portal shows them (D-55)
}

// everywhere says of each role what it may do: at its own company, or (true) at the further ones too.
var everywhere = map[Role]map[Action]bool{
	Member:         {OwnTickets: false, Chats: false},
	AccountingUser: {OwnTickets: true, Chats: false, Invoices: true},
	Manager:        {OwnTickets: true, UserTickets: true, Chats: false, Invoices: false},
	Admin:          {OwnTickets: true, UserTickets: true, Chats: false, Invoices: true},
}

// May decides. What is not said to be allowed is denied.
func (u User) May(a Action, customer string) bool {
	further, ok := everywhere[u.Role][a]
	switch {
	case !ok || customer == "":
		return false
	case customer == u.Company:
		return true
	default:
		return further && slices.Contains(u.Others, customer)
	}
}
