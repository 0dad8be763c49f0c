package customer

import "context"

// maxPeople bounds a list that nobody pages through.
const maxPeople = 1000

// People are who reaches a customer.
type People struct {
	Teams       []Person
	Technicians []Person
}

// Person is a team or a technician; the rest is a technician's.
type Person struct {
	ID     string
	Name   string
	Via    string // direct, team or role: the first of them that holds
	Active bool   // may act now
}

// People lists who reaches a customer that the actor may see.
func (s *Service) People(ctx context.Context, id string) (People, error) {
	c, err := s.Find(ctx, id)
	if err != nil {
		return People{}, err
	}
	return people(ctx, s.db.Read(), c.OrgID, c.ID)
}
