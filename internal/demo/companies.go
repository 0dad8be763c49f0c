package demo

// company is a customer of the demo organization. Its domain is its name with dashes, below example.com.
type company struct {
	name     string
	domain   string
	notes    string
	trade    trade
	people   int    // how many contacts it has besides those of its script
	areaCode string // of its phones, all of which lie among 555-01xx, which is reserved for fiction
	team     int    // which team looks after it
}

// trade is what a company does, which decides who works there and on what.
type trade int

const (
	dental trade = iota
	law
	bakery
	office
	workshop
	shop
	school
)

// companies are the customers. Those with a script of their own come first.
func companies() []company {
	return []company{
		{"Northwind Dental", "northwind-dental", "Four chairs, two front desks. Closed on Fridays.", dental, 6, "212", 0},
		{"Fabrikam Legal", "fabrikam-legal", "Calls pretending to be partners in March. Verify everybody.", law, 14, "212", 0},
		{"Lakeside Bakery", "lakeside-bakery", "Starts at 3 in the morning; calls come early.", bakery, 5, "212", 1},
		{"Adatum Accountants", "adatum-accountants", "Busy from January to April. No changes in those months.", office, 22, "303", 0},
		{"Bellows Engineering", "bellows-engineering", "CAD machines; two of them may never restart by day.", workshop, 24, "303", 2},
		{"Cobalt Freight", "cobalt-freight", "Dispatch works around the clock.", workshop, 20, "303", 2},
		{"Dunmore Primary School", "dunmore-primary", "Ask the office before touching a classroom.", school, 21, "303", 3},
		{"Elmwood Veterinary Clinic", "elmwood-vet", "", dental, 9, "404", 1},
		{"Fourth Coffee Roasters", "fourth-coffee", "Till and scales are one network.", shop, 11, "404", 1},
		{"Graphic Design Institute", "graphic-design", "Half of the machines are Macs.", school, 23, "404", 3},
		{"Humbert & Sons Plumbing", "humbert-plumbing", "Vans have tablets; drivers answer text messages only.", workshop, 16, "404", 2},
		{"Ironbridge Insurance", "ironbridge-insurance", "Audited every autumn: a ticket for every change.", office, 25, "404", 0},
		{"Juniper Street Pharmacy", "juniper-pharmacy", "The counter has priority over everything.", shop, 10, "617", 1},
		{"Kestrel Architects", "kestrel-architects", "", office, 17, "617", 0},
		{"Larkspur Garden Centre", "larkspur-garden", "Opens at weekends.", shop, 12, "617", 1},
		{"Margie's Travel", "margies-travel", "Three branches, one line each.", office, 15, "617", 0},
		{"Norrland Timber", "norrland-timber", "Dust: look at fans first.", workshop, 19, "617", 2},
		{"Ocean View Hotel", "ocean-view-hotel", "The front desk changes every few months.", shop, 24, "702", 1},
		{"Pellow Printing", "pellow-printing", "", workshop, 12, "702", 2},
		{"Quill & Page Books", "quill-page", "", shop, 7, "702", 1},
		{"Riverside Youth Club", "riverside-youth", "Volunteers: check who is still with them.", school, 13, "702", 3},
		{"Sable Property Management", "sable-property", "Transfers money for tenants. Two approvers.", office, 20, "702", 0},
		{"Thornfield Academy", "thornfield-academy", "Exams in May and June.", school, 26, "808", 3},
		{"Umbra Photography", "umbra-photo", "", office, 6, "808", 0},
		{"Vela Robotics", "vela-robotics", "The test floor is off the network on purpose.", workshop, 9, "808", 2},
	}
}

// staff are the jobs that a trade has; the first two are those of people who may approve.
func staff(t trade) []string {
	switch t {
	case dental:
		return []string{"Practice owner", "Office manager", "Hygienist", "Front desk", "Assistant", "Accounts"}
	case law:
		return []string{"Managing partner", "Partner", "Associate", "Paralegal", "Assistant", "Accounts", "Clerk"}
	case bakery:
		return []string{"Owner", "Shop manager", "Baker", "Deliveries", "Sales"}
	case workshop:
		return []string{"Managing director", "Operations manager", "Foreman", "Dispatcher", "Engineer", "Stores", "Driver", "Accounts"}
	case shop:
		return []string{"Owner", "Branch manager", "Sales", "Counter", "Purchasing", "Night manager"}
	case school:
		return []string{"Head", "Office manager", "Teacher", "Librarian", "Caretaker", "Coordinator", "Counsellor"}
	case office:
	}
	return []string{"Managing director", "Head of finance", "Account manager", "Analyst", "Assistant", "Reception", "Human resources", "Consultant"}
}

// sites are the places in a company where machines stand.
func sites(t trade) []string {
	switch t {
	case dental:
		return []string{"Treatment rooms", "Front desk"}
	case workshop:
		return []string{"Office", "Floor", "Vans"}
	case shop, bakery:
		return []string{"Tills", "Back office"}
	case school:
		return []string{"Classrooms", "Staff room", "Office"}
	case law, office:
	}
	return []string{"Upstairs", "Downstairs"}
}

func givenNames() []string {
	return []string{
		"Adela", "Akira", "Amara", "Anders", "Anita", "Anton", "Astrid", "Aya", "Beatriz", "Bruno", "Camille", "Carlos", "Chidi", "Clara", "Daniel",
		"Daria", "David", "Elena", "Elias", "Emma", "Erik", "Esther", "Farid", "Fatima", "Felix", "Fiona", "Gabriel", "Georgia", "Hana", "Hassan",
		"Henrik", "Ida", "Imran", "Ines", "Ivan", "Jasmin", "Jonas", "Julia", "Kamal", "Karin", "Katya", "Keiko", "Kofi", "Lara", "Leon", "Lina",
		"Lucia", "Magnus", "Maya", "Mateo", "Milan", "Mira", "Nadia", "Naomi", "Nils", "Noor", "Olga", "Omar", "Oscar", "Paula", "Pavel", "Petra",
		"Rafael", "Ravi", "Rita", "Robin", "Rosa", "Ruth", "Samir", "Sara", "Sofia", "Stefan", "Tariq", "Tessa", "Thea", "Tomas", "Uma", "Vera",
		"Victor", "Wanda", "Xenia", "Yara", "Yusuf", "Zofia",
	}
}

func familyNames() []string {
	return []string{
		"Abbott", "Adeyemi", "Aguilar", "Ahmed", "Almeida", "Andersen", "Baker", "Barros", "Bauer", "Bennett", "Berg", "Bianchi", "Blake", "Brandt",
		"Chen", "Costa", "Cruz", "Dahl", "Delgado", "Dubois", "Eriksen", "Farah", "Ferreira", "Fischer", "Fraser", "Garcia", "Gomez", "Grant", "Gupta",
		"Haas", "Hansen", "Haruki", "Hoffman", "Hughes", "Ibrahim", "Ivanov", "Jansen", "Jensen", "Kaya", "Keller", "Khan", "Kim", "Kowalski", "Kumar",
		"Lam", "Larsen", "Lefevre", "Lopez", "Marino", "Martin", "Mbeki", "Mendes", "Meyer", "Moreno", "Murphy", "Nair", "Nguyen", "Novak", "Okoye",
		"Olsen", "Ortiz", "Osman", "Park", "Patel", "Petrov", "Quinn", "Ramos", "Reed", "Rossi", "Roy", "Sato", "Schmidt", "Silva", "Singh", "Sorensen",
		"Suzuki", "Svensson", "Tan", "Torres", "Usman", "Vargas", "Vogel", "Walsh", "Weber", "Wong", "Yilmaz", "Young", "Zhang", "Zimmer",
	}
}
