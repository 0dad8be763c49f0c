package perm

// Role is a technician's platform role: exactly one, the base of what they may do (ACC-8).
type Role string

// The platform roles.
const (
	Administrator Role = "administrator"
	Manager       Role = "manager"
	Technician    Role = "technician"
	ReadOnly      Role = "read_only"
)

// Valid says whether r is one of the platform roles.
func (r Role) Valid() bool {
	switch r {
	case Administrator, Manager, Technician, ReadOnly:
		return true
	}
	return false
}

// AllCustomers says whether r reaches every customer without being assigned to any.
func (r Role) AllCustomers() bool { return r == Administrator }

// Holds says whether r has p, on the customers that it reaches.
func (r Role) Holds(p Permission) bool {
	for _, e := range Catalog() {
		if e.Name != p {
			continue
		}
		switch r {
		case Administrator:
			return true
		case Manager, Technician:
			// Editing the customer itself is a manager's; everything else of the service desk is also a technician's.
			return e.Purpose == Devices || e.Purpose == Customers && (r == Manager || p != CustomerEdit)
		case ReadOnly:
			return e.View
		}
	}
	return false
}

// Set is a set of permissions.
type Set map[Permission]bool
