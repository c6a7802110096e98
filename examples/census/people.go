package census

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

type randSource = rand.Rand

var identityColumns = []string{"person_id", "full_name", "email", "phone", "ssn", "street_address", "birth_date"}

// The positions of the census columns that identities must agree with.
const (
	ageColumn   = 0
	sexColumn   = 9
	hoursColumn = 12
	classColumn = 14
)

// identity is one invented person.
type identity struct {
	id, name, email, phone, ssn, street, born, note string
}

func (g *generator) person(i int, row []string) identity {
	r := stream(i, "person")
	who := semantic.Person{Gender: strings.ToLower(row[sexColumn])}
	who.Given = g.first.Generate(r, semantic.Context{Person: &who})
	who.Family = g.last.Generate(r, semantic.Context{})
	age, err := strconv.Atoi(row[ageColumn])
	if err != nil {
		age = 40 // the column has no missing ages
	}
	// Everybody has had this year's birthday by its last day.
	who.Born = fmt.Sprintf("%04d-%02d-%02d", year-age, 1+r.IntN(12), 1+r.IntN(28))
	c := semantic.Context{Person: &who}
	p := identity{
		id:     fmt.Sprintf("P%07d", 1_000_000+i),
		name:   who.Given + " " + who.Family,
		email:  g.email.Generate(r, c),
		phone:  g.phone.Generate(r, semantic.Context{Like: "(212) 555-0142"}),
		ssn:    g.ssn.Generate(r, semantic.Context{Like: "123-45-6789"}),
		street: g.street.Generate(r, semantic.Context{}),
		born:   who.Born,
	}
	p.note = note(r, who, p)
	return p
}

// note writes what a clerk might: two in three mention the person or a number.
func note(r *rand.Rand, who semantic.Person, p identity) string {
	title := "Mr."
	if who.Gender == "female" {
		title = "Ms."
	}
	switch r.IntN(9) {
	case 0:
		return fmt.Sprintf("Spoke with %s about the renewal, will call back next week.", p.name)
	case 1:
		return fmt.Sprintf("Call back at %s after five.", p.phone)
	case 2:
		return fmt.Sprintf("%s %s asked for the forms by mail, wants them at %s.", title, who.Family, p.street)
	case 3:
		return fmt.Sprintf("Left a message for %s, also wrote to %s.", who.Given, p.email)
	case 4:
		return fmt.Sprintf("Identity confirmed, SSN %s, born %s.", p.ssn, p.born)
	case 5:
		return fmt.Sprintf("%s prefers to be reached by phone, %s.", who.Given, p.phone)
	case 6:
		return "Questionnaire complete, no follow-up needed."
	case 7:
		return "Asked for more time to gather income statements."
	default:
		return ""
	}
}

func (p identity) record(row []string) []string {
	out := make([]string, 0, len(identityColumns)+len(row)+1)
	out = append(out, p.id, p.name, p.email, p.phone, p.ssn, p.street, p.born)
	out = append(out, row...)
	return append(out, p.note)
}
