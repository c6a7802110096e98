package codec

import (
	"slices"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// identifierTypes are the semantic types whose values are generated whatever
// their class: each value points at one person or thing.
var identifierTypes = []string{
	"email", "first_name", "last_name", "middle_name", "full_name", "person_name", "given_name", "family_name",
	"username", "password", "phone", "phone_number", "ssn", "us_ssn", "national_id", "passport", "drivers_license",
	"cn_resident_id", "cn_mobile", "iban", "credit_card", "account_number", "ip", "ipv4", "ipv6", "ip_address",
	"url", "uuid", "mac", "mac_address", "imei", "license_plate", "crypto_address",
	"street_address", "address", "record_id", "row_number", "free_text", "code",
}

// identifies tells, before any value is seen, whether a column is generated.
func identifies(c schemas.Contract, f schemas.Field, name string, opt Options) bool {
	return f.Class == semantic.DirectIdentifier ||
		slices.Contains(identifierTypes, f.Semantic) ||
		slices.Contains(opt.Generate, name) ||
		isKey(c, name)
}

// isKey tells whether the column alone is the table's primary key.
func isKey(c schemas.Contract, name string) bool {
	return len(c.PrimaryKey) == 1 && c.PrimaryKey[0] == name
}

// isUnique tells whether the contract asks for different values in each row.
func isUnique(c schemas.Contract, name string) bool {
	if isKey(c, name) {
		return true
	}
	for _, k := range c.Constraints {
		if len(k.Unique) == 1 && k.Unique[0] == name {
			return true
		}
	}
	return false
}

func isForeignKey(c schemas.Contract, f schemas.Field, name string) bool {
	for _, k := range c.ForeignKeys {
		if slices.Contains(k.Fields, name) {
			return true
		}
	}
	return f.Semantic == "foreign_key"
}

const (
	// nearlyUnique is the share of distinct strings among a column's values
	// beyond which it is text or an identifier rather than a category.
	nearlyUnique = 0.9
	// enoughForUnique is the number of values needed to say so.
	enoughForUnique = 20
	// manyKeys is the number of distinct values beyond which a foreign key is
	// generated rather than modelled.
	manyKeys = 200
)

// generate decides, all values counted, whether a column is generated.
func (s *columnSummary) generate(c schemas.Contract, f schemas.Field, opt Options) bool {
	switch {
	case s.blind:
		return true
	case s.num != nil:
		return isForeignKey(c, f, f.Name) && s.num.distinct() > manyKeys
	case s.text.level > 0:
		return true
	}
	var rows int64
	for _, n := range s.text.m {
		rows += n
	}
	distinct := s.text.distinct()
	if isForeignKey(c, f, f.Name) && distinct > manyKeys {
		return true
	}
	return rows >= enoughForUnique && float64(distinct) > nearlyUnique*float64(rows)
}
