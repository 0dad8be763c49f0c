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

// Unasked says whether r acts without approval where it holds a sensitive permission (ACC-15, 7).
func (r Role) Unasked() bool { return r == Administrator || r == Manager }

// Base is what r gives on assigned customers; an administrator has it everywhere.
func (r Role) Base() Bits { return bases[r] }

// Ceiling is what r can hold at most, whatever else is granted; nothing for what is no role.
func (r Role) Ceiling() Bits {
	switch r {
	case Administrator, Manager, Technician:
		return all
	case ReadOnly:
		return views
	}
	return Bits{}
}

var (
	all   = BitsWhere(func(Entry) bool { return true })
	views = BitsWhere(func(e Entry) bool { return e.View })
	bases = map[Role]Bits{
		Administrator: all,
		Manager:       BitsWhere(func(e Entry) bool { return e.Purpose == Customers || e.Purpose == Devices }),
		Technician: BitsWhere(func(e Entry) bool { return e.Purpose == Customers }).Without(
			BitsOf(CustomerEdit, ChatAnswer, ApprovalDecide, PortalUsersManage, ReportCreate, InvoiceView)),
		ReadOnly: BitsWhere(func(e Entry) bool { return e.View && e.Purpose != Administration }), // the audit log by grant alone (D-3)
	}
)

// Set is a set of permissions.
type Set map[Permission]bool
