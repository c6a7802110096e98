package detect

import "strings"

// labels say that the next value is somebody's: "password: x", "account
// number 123".
var labelTypes = map[string]string{
	"password": "password", "passcode": "password", "pwd": "password", "passwd": "password", "pin": "password", "passphrase": "password", "secret": "password",
	"username": "username", "login": "username", "userid": "username", "handle": "username", "nickname": "username",
	"account": "account_id", "acct": "account_id", "passport": "national_id", "license": "national_id", "licence": "national_id", "ssn": "us_ssn", "mrn": "account_id", "policy": "account_id",
	"member": "account_id", "membership": "account_id", "case": "account_id", "insurance": "account_id", "iban": "iban", "aadhaar": "national_id", "pan": "national_id",
	"routing": "account_id", "swift": "account_id", "record": "account_id", "claim": "account_id", "employee": "account_id", "patient": "account_id", "customer": "account_id", "id": "account_id", "tax": "national_id", "nhs": "national_id", "vin": "account_id", "plate": "account_id", "imei": "imei", "zip": "postal_code", "zipcode": "postal_code", "postcode": "postal_code",
}

// fillers may stand between a label and its value.
var fillers = wordSet("number no num nr id is was code # : = are as my the your of for card driver drivers driver's license licence plate name social security current new following below be to set has changed")

// strongLabels need no "number" or colon before the value.
var strongLabels = wordSet("account acct passport license licence ssn mrn policy iban vin imei")

func (d *document) labels() {
	for i := 0; i < len(d.tokens); i++ {
		if d.tokens[i].kind != wordToken {
			continue
		}
		typ, ok := labelTypes[d.tokens[i].lower]
		if !ok {
			continue
		}
		k, marked := i+1, false
		for k < len(d.tokens) && k < i+6 {
			t := &d.tokens[k]
			if t.kind == punctToken && strings.IndexByte(":#=-.\"'", t.punct) >= 0 {
				marked = marked || t.punct == ':' || t.punct == '#' || t.punct == '='
				k++
				continue
			}
			if t.lower != "" && fillers[t.lower] {
				marked = marked || t.lower == "is" || t.lower == "number" || t.lower == "no" || t.lower == "id"
				k++
				continue
			}
			break
		}
		if typ == "postal_code" {
			if k < len(d.tokens) && (d.tokens[k].kind == digitToken || d.tokens[k].kind == mixedToken) && d.tokens[k].end-d.tokens[k].start <= 8 {
				d.claim(k, d.postalEnd(k), typ, .85)
			}
			continue
		}
		if k >= len(d.tokens) || d.taken[k] || d.tokens[k].kind == punctToken || k == i+1 && d.tokens[k].kind == wordToken {
			continue
		}
		end := d.valueEnd(k)
		v := d.s[d.tokens[k].start:d.tokens[end-1].end]
		digits := strings.ContainsAny(v, "0123456789")
		switch typ {
		case "password", "username":
			if marked && (digits || strings.ContainsAny(v, "_!@#$%^&*") || !d.tokens[k].is(isDict)) && len(v) >= 4 {
				d.claim(k, end, typ, .8)
			}
		default:
			if digits && len(v) >= 5 && (marked || strongLabels[d.tokens[i].lower]) && !d.tokens[k].is(isDict) && (!phoneType.Match(v) || strings.IndexByte(v, '-') < 0) {
				d.claim(k, end, typ, .75)
			}
		}
	}
}

// valueEnd is the end of the run of tokens without space between them.
func (d *document) valueEnd(k int) int {
	end := k + 1
	for end < len(d.tokens) && end-k < 12 && !d.tokens[end].is(spaceBefore) && !d.taken[end] {
		end++
	}
	for end > k+1 && d.tokens[end-1].kind == punctToken && strings.IndexByte(".,;:?!)\"'", d.tokens[end-1].punct) >= 0 {
		end--
	}
	return end
}
