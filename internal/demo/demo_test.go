package demo

import "testing"

func TestTheNumbersAreThoseThatAreStated(t *testing.T) {
	people := 0
	for i, c := range companies() {
		people += c.people
		if i < len(scripts()) {
			people += len(scripts()[i].people)
		}
	}
	if people != 400 || len(companies()) != 25 || len(crew())+1 != 12 || len(crews()) != 4 {
		t.Errorf("%d contacts of %d customers, %d technicians in %d teams", people, len(companies()), len(crew())+1, len(crews()))
	}
	if devices := people + besides*len(companies()); devices != 600 {
		t.Errorf("%d devices, want 600", devices)
	}
}

func TestNumbersAreReservedForFictionAndTakenOnce(t *testing.T) {
	taken := map[string]bool{}
	for n := range crew() {
		taken[crew()[n].fields(n).Phone] = true
	}
	for _, s := range scripts() {
		for _, p := range s.people {
			taken[p.mobile] = true
		}
	}
	crowd := newCrowd()
	for _, c := range companies() {
		for n := range c.people {
			for _, p := range crowd.person(c, "", n).Phones {
				if taken[p.Number] {
					t.Errorf("%s is taken twice", p.Number)
				}
				if len(p.Number) != 12 || p.Number[5:10] != "55501" {
					t.Errorf("%s is not reserved for fiction", p.Number)
				}
				taken[p.Number] = true
			}
		}
	}
}
