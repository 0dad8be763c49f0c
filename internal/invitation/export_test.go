package invitation

// PreparedCustomers lets a test see what an invitation would give.
var PreparedCustomers = preparedCustomers
