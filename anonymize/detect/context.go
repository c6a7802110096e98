package detect

import (
	"strings"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// group is a theme that several columns of a table share.
type group int

const (
	groupDirect  group = iota // points at one person
	groupPerson               // attributes of people
	groupAddress              // parts of an address
	groupMedical
	groupFinance // credit and banking of people
	groups
)

var groupOf = map[string]group{
	"first_name": groupDirect, "last_name": groupDirect, "full_name": groupDirect, "email": groupDirect, "phone": groupDirect, "cn_mobile": groupDirect, "us_ssn": groupDirect,
	"national_id": groupDirect, "cn_resident_id": groupDirect, "username": groupDirect, "credit_card": groupDirect, "middle_name": groupDirect,
	"age": groupPerson, "birth_date": groupPerson, "gender": groupPerson, "marital_status": groupPerson, "education": groupPerson, "occupation": groupPerson,
	"race": groupPerson, "family_size": groupPerson, "relationship": groupPerson, "employment_type": groupPerson, "income": groupPerson, "nationality": groupPerson, "religion": groupPerson, "name_title": groupPerson,
	"street_address": groupAddress, "city": groupAddress, "state": groupAddress, "postal_code": groupAddress, "country": groupAddress, "street_number": groupAddress,
	"health_measure": groupMedical, "health_status": groupMedical,
	"credit_status": groupFinance,
}

var (
	medicalNouns = wordSet(`patient patients heart diabetes medical clinic clinical hospital health disease cancer stroke cardio admission admissions diagnosis diagnoses encounter encounters icu kidney liver pima hepatitis thyroid breast lab labs vital vitals prescription drug surgery 患者 病人 就诊 住院 体检`)
	financeNouns = wordSet(`bank loan loans credit mortgage account accounts lending borrower default card insurance churn 贷款 信贷 银行`)
	lifeEvents   = wordSet(`hire hired hiring join joined joining admission admitted admit discharge discharged death died deceased visit appointment registration registered signup enroll enrolled enrollment enrolment graduation marriage wedding login termination exit surgery diagnosis employed employment anniversary arrival departure member membership checkin checkout birth seen last promotion 入职 入院 出院 就诊 注册`)
	ownMoney     = wordSet(`balance debt limit bill loan credit savings deposit account worth owed capital income salary wage charges premium pension allowance installment mortgage 余额 贷款`)
	creditWords  = wordSet(`default loan housing mortgage`)
)

// tableContext is what the columns of one table tell about each other.
type tableContext struct {
	cols  []*profile
	fs    []*features
	hs    []header
	table map[string]bool // tokens of the table's name
	sums  [groups]float64
	parts [][groups]float64 // each column's share of sums
	first []float64         // P(first_name) by column
	last  []float64
}

func newContext(table string, cols []*profile, fs []*features, hs []header) *tableContext {
	c := &tableContext{cols: cols, fs: fs, hs: hs, table: map[string]bool{}, parts: make([][groups]float64, len(cols)), first: make([]float64, len(cols)), last: make([]float64, len(cols))}
	for _, t := range tokenize(baseName(table)) {
		c.table[t] = true
	}
	return c
}

// update sums the present beliefs by theme.
func (c *tableContext) update(cands [][]candidate) {
	types := semantic.All()
	c.sums = [groups]float64{}
	for i, cs := range cands {
		c.parts[i] = [groups]float64{}
		for k, p := range probabilities(cs) {
			if g, ok := groupOf[types[k].Name]; ok {
				c.parts[i][g] += p
			}
			switch types[k].Name {
			case "first_name":
				c.first[i] = p
			case "last_name":
				c.last[i] = p
			}
		}
		for g := range c.sums {
			c.sums[g] += c.parts[i][g]
		}
	}
}

// others is the theme's weight in the table without column i.
func (c *tableContext) others(i int, g group) float64 { return c.sums[g] - c.parts[i][g] }

func (c *tableContext) tableIs(words map[string]bool) bool {
	for t := range c.table {
		if words[t] {
			return true
		}
	}
	return false
}

func (c *tableContext) headerHas(i int, words map[string]bool) bool {
	for _, t := range c.hs[i].tokens {
		if words[t] {
			return true
		}
	}
	return false
}

// aboutPeople tells whether rows seem to be people.
func (c *tableContext) aboutPeople(i int) bool {
	return c.others(i, groupDirect)+c.others(i, groupPerson)+.5*c.others(i, groupMedical) >= .9 || c.tableIs(personNouns)
}

func (c *tableContext) medical(i int) bool {
	m := c.others(i, groupMedical)
	return m >= 3 || (m >= 1.5 && m >= .25*float64(len(c.cols))) || (c.tableIs(medicalNouns) && m >= .8)
}

func (c *tableContext) financial(i int) bool {
	return c.others(i, groupFinance) >= .8 || c.tableIs(financeNouns)
}

// adjust sets the log-odds that the neighbours add to column i's candidates.
func (c *tableContext) adjust(i int, cs []candidate) {
	firstElsewhere, lastElsewhere := 0.0, 0.0
	for j := range c.first {
		if j != i {
			firstElsewhere, lastElsewhere = max(firstElsewhere, c.first[j]), max(lastElsewhere, c.last[j])
		}
	}
	address := min(c.others(i, groupAddress), 2)
	people := boolTo(c.aboutPeople(i))
	medical, financial := c.medical(i), c.financial(i)
	strongest := 0.0
	for _, s := range c.hs[i].strength {
		strongest = max(strongest, s)
	}
	types := semantic.All()
	for k := range cs {
		cs[k].around = 0
		a := &cs[k].around
		switch types[cs[k].typ].Name {
		case "first_name":
			*a = 2 * lastElsewhere
		case "last_name":
			*a = 2 * firstElsewhere
		case "middle_name":
			*a = min(firstElsewhere, lastElsewhere) * (1 + 3*boolTo(c.fs[i].meanLen < 2.2))
		case "full_name":
			*a = people - 2*min(firstElsewhere, lastElsewhere)*boolTo(c.fs[i].words < 1.5)
		case "city", "state", "postal_code", "street_address", "country":
			*a = address
		case "age", "gender", "marital_status", "education", "occupation":
			*a = people
		case "name_title":
			*a = 2 * max(firstElsewhere, lastElsewhere)
		case "health_measure":
			if medical && strongest < .7 && c.fs[i].words < 4 && c.fs[i].dates < .5 && !c.hs[i].idLike {
				*a = 7.5
			} else if medical {
				*a = 1
			}
		case "health_status":
			switch {
			case medical && c.headerHas(i, outcomeWords):
				*a = 13
			case medical:
				*a = 1
			case c.headerHas(i, mildHealth) && people == 0:
				*a = -4
			}
		case "credit_status":
			if c.headerHas(i, creditWords) && !financial {
				*a = -5
			} else if financial {
				*a = 1
			}
		case "outcome", "category", "boolean", "number":
			if medical && strongest < .7 {
				*a = -1
			}
		}
	}
}

var (
	outcomeWords = wordSet(`target outcome class label result y diagnosis condition output num`)
	mildHealth   = wordSet(`condition treatment procedure drug death survived smoking alcohol`)
)

// class is the privacy class that type t has in this table.
func (c *tableContext) class(i int, t *semantic.Type) semantic.Class {
	switch t.Name {
	case "money":
		if c.headerHas(i, ownMoney) && (c.aboutPeople(i) || c.financial(i)) {
			return semantic.Sensitive
		}
	case "date", "timestamp":
		if c.headerHas(i, lifeEvents) && c.aboutPeople(i) {
			return semantic.QuasiIdentifier
		}
	case "city", "state", "country", "postal_code", "location", "latitude", "longitude", "organization", "facility", "room":
		if !c.aboutPeople(i) && c.others(i, groupAddress) < .6 && !c.refersToPeople() {
			return semantic.None
		}
	case "free_text":
		if !c.aboutPeople(i) && !c.refersToPeople() && c.headerHas(i, thingText) {
			return semantic.None
		}
	case "photo":
		if !c.aboutPeople(i) {
			return semantic.None
		}
	}
	return t.Class
}

var thingText = wordSet(`description summary details content abstract`)

// refersToPeople tells whether a key column points at people.
func (c *tableContext) refersToPeople() bool {
	for _, h := range c.hs {
		if h.idLike && personNouns[h.of] {
			return true
		}
		if h.idLike && strings.HasSuffix(h.of, "user") {
			return true
		}
	}
	return false
}
