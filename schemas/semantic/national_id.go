package semantic

import (
	"math/rand/v2"
)

// nationalID is any government number that stands for one person. A value
// matches when it has the form of a scheme below; it is valid when a scheme's
// check digits agree. With an example, generation stays in its scheme.
var nationalID = Type{
	Name: "national_id", Family: "national_id", Class: DirectIdentifier, Prior: .9,
	Headers: []string{
		"national_id", "national_identifier", "nationalid", "soc_sec_id", "social_insurance_number", "sin", "nino", "ni_number", "nhs_number", "nhs", "tax_id", "tin", "tax_number", "itin", "personal_id", "personal_number", "identity_number",
		"identity_card", "citizen_id", "aadhaar", "aadhar", "aadhaar_number", "pesel", "dni", "nie", "nif", "cpf", "codice_fiscale", "nir", "steuer_id", "personnummer", "bsn", "cnp", "curp", "tfn", "medicare_number", "government_id", "govt_id",
		"passport", "passport_number", "passport_no", "driver_license", "drivers_license", "driving_licence", "license_number", "licence_number", "dl_number", "voter_id", "护照", "护照号", "驾驶证号", "社保号",
	},
	Match:    func(v string) bool { return matchScheme(v) >= 0 },
	Valid:    func(v string) bool { return NationalScheme(v) != "" },
	Generate: generateNationalID,
	Keeps:    []string{"surrogate", "ff1"},
}

// scheme is one country's number. Checks run on the compact form: upper case,
// separators gone.
type scheme struct {
	name     string
	form     string // n digit, a letter, * either, X digit or X
	check    func(s string) bool
	generate func(r *rand.Rand) string
	loose    bool // the form alone says little: plain digits without strong check
}

// schemes come in order of how much a match says.
var schemes = []scheme{
	{"CN", "nnnnnnnnnnnnnnnnnX", validCNID, func(r *rand.Rand) string { return generateCNID(r, Context{}) }, false},
	{"IT", "aaaaaannannannna", validCodiceFiscale, generateCodiceFiscale, false},
	{"GB", "aannnnnna", validNINO, generateNINO, false},
	{"ES", "nnnnnnnna", validDNI, generateDNI, false},
	{"ES-NIE", "annnnnnna", validNIE, generateNIE, false},
	{"FR", "nnnnnnnnnnnnnnn", validNIR, generateNIR, false},
	{"IN", "nnnnnnnnnnnn", validAadhaar, generateAadhaar, true},
	{"PL", "nnnnnnnnnnn", validPESEL, generatePESEL, true},
	{"BR", "nnnnnnnnnnn", validCPF, generateCPF, true},
	{"DE", "nnnnnnnnnnn", validSteuerID, generateSteuerID, true},
	{"GB-NHS", "nnnnnnnnnn", validNHS, generateNHS, true},
	{"CA", "nnnnnnnnn", validSIN, generateSIN, true},
	{"US", "nnnnnnnnn", func(s string) bool { return usSSN.Valid(s) }, func(r *rand.Rand) string {
		return fill("000000000", []byte(usSSN.Generate(r, Context{Like: "000000000"})))
	}, true},
	{"AU", "nnnnnnnnn", validTFN, generateTFN, true},
}

// compactID drops separators and upper-cases letters; at most 24 bytes.
func compactID(v string, buf *[24]byte) (string, bool) {
	if len(v) < 8 || len(v) > 24 {
		return "", false
	}
	n := 0
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case isDigit(c) || isUpper(c):
		case isLower(c):
			c -= 32
		case (c == '-' || c == ' ' || c == '.' || c == '/') && i > 0:
			continue
		default:
			return "", false
		}
		buf[n] = c
		n++
	}
	return string(buf[:n]), true
}

func fits(s, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch form[i] {
		case 'n':
			if !isDigit(s[i]) {
				return false
			}
		case 'a':
			if !isUpper(s[i]) {
				return false
			}
		case 'X':
			if !isDigit(s[i]) && s[i] != 'X' {
				return false
			}
		}
	}
	return true
}

func matchScheme(v string) int {
	var buf [24]byte
	s, ok := compactID(v, &buf)
	if !ok {
		return -1
	}
	for i := range schemes {
		if fits(s, schemes[i].form) {
			return i
		}
	}
	return -1
}

// NationalScheme names the first scheme whose form and check digits v
// satisfies ("CN", "US", "GB-NHS", ...), or "".
func NationalScheme(v string) string {
	var buf [24]byte
	s, ok := compactID(v, &buf)
	if !ok {
		return ""
	}
	for i := range schemes {
		if fits(s, schemes[i].form) && schemes[i].check(s) {
			return schemes[i].name
		}
	}
	return ""
}

// StrongScheme tells whether the named scheme has letters or so many check
// digits that a match by chance is rare (under one in fifty for digit strings
// of its length).
func StrongScheme(name string) bool {
	for i := range schemes {
		if schemes[i].name == name {
			return !schemes[i].loose
		}
	}
	return false
}

func generateNationalID(r *rand.Rand, c Context) string {
	name := NationalScheme(c.Like)
	if name == "" && c.chinese() {
		name = "CN"
	}
	for i := range schemes {
		if schemes[i].name == name {
			return fillAlnum(c.Like, schemes[i].generate(r))
		}
	}
	return usSSN.Generate(r, Context{})
}

// fillAlnum writes s over the letters and digits of like when they are as many.
func fillAlnum(like, s string) string {
	n := 0
	for i := 0; i < len(like); i++ {
		if isAlnum(like[i]) {
			n++
		}
	}
	if n != len(s) {
		return s
	}
	out, k := []byte(like), 0
	for i := range out {
		if isAlnum(out[i]) {
			out[i] = s[k]
			k++
		}
	}
	return string(out)
}
