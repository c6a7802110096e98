package semantic

import (
	"math/rand/v2"

	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

// cnResidentID is the 18-character identity number of GB 11643-1999: region
// code (GB/T 2260), birth date, order number, ISO 7064 MOD 11-2 character.
// Codes that were abolished are not listed, so a valid number needs only a
// valid province; generated ones use current counties.
var cnResidentID = Type{
	Name: "cn_resident_id", Family: "national_id", Class: DirectIdentifier, Prior: .999,
	Headers: []string{"身份证", "身份证号", "身份证号码", "证件号码", "证件号", "公民身份号码", "id_card", "idcard", "id_card_no", "resident_id", "sfzh"},
	Match: func(v string) bool {
		return len(v) == 18 && allDigits(v[:17]) && (isDigit(v[17]) || v[17] == 'X' || v[17] == 'x')
	},
	Valid: validCNID, Generate: generateCNID,
	Keeps: []string{"surrogate", "ff1"},
}

func validCNID(v string) bool {
	if len(v) != 18 || !allDigits(v[:17]) {
		return false
	}
	p := num([]byte(v[:2]))
	if _, ok := gazetteer.CNName(v[:2]); !ok && p != 71 && (p < 81 || p > 83) {
		return false
	}
	if _, ok := ymd(v[6:10], v[10:12], v[12:14]); !ok {
		return false
	}
	c := v[17]
	if c == 'x' {
		c = 'X'
	}
	return mod11x2([]byte(v[:17])) == c
}

func generateCNID(r *rand.Rand, c Context) string {
	county := pick(r, gazetteer.CNCounties()).Code
	born := generateBirthDate(r, Context{Person: c.Person, Like: "20000101"})
	serial := 1 + r.IntN(499)
	if c.Person != nil && c.Person.Gender == "female" {
		serial *= 2
	} else if c.Person != nil && c.Person.Gender == "male" {
		serial = serial*2 - 1
	} else {
		serial = serial*2 - r.IntN(2)
	}
	d := []byte(county + born)
	d = append(d, byte('0'+serial/100), byte('0'+serial/10%10), byte('0'+serial%10))
	return string(append(d, mod11x2(d)))
}
