package semantic

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

var firstName = Type{
	Name: "first_name", Family: "person_name", Class: DirectIdentifier, Prior: .3,
	Headers: []string{"first_name", "firstname", "given_name", "givenname", "forename", "fname", "first_nm", "f_name", "given", "first", "christian_name", "nickname", "preferred_name", "名", "名字", "nombre", "prenom", "vorname"},
	Match:   nameForm,
	Generate: func(r *rand.Rand, c Context) string {
		return likeCase(c.person(r).Given, c.Like)
	},
	Keeps: []string{"surrogate"},
}

var lastName = Type{
	Name: "last_name", Family: "person_name", Class: DirectIdentifier, Prior: .3,
	Headers: []string{"last_name", "lastname", "surname", "family_name", "familyname", "lname", "last_nm", "l_name", "maiden_name", "mothers_maiden", "mother_maiden_name", "sname", "family", "last", "姓", "姓氏", "apellido", "nom", "nachname"},
	Match:   nameForm,
	Generate: func(r *rand.Rand, c Context) string {
		return likeCase(c.person(r).Family, c.Like)
	},
	Keeps: []string{"surrogate"},
}

// middleName is a middle name or its initial.
var middleName = Type{
	Name: "middle_name", Family: "person_name", Class: DirectIdentifier, Prior: .2,
	Headers: []string{"middle_name", "middlename", "middle_initial", "mi", "mname", "initials", "middle", "m_initial"},
	Match: func(v string) bool {
		return nameForm(v) || (len(v) == 1 && isAlpha(v[0]))
	},
	Generate: func(r *rand.Rand, c Context) string {
		g := drawGiven(r, c.person(r).Gender, c.chinese())
		if n := utf8.RuneCountInString(c.Like); n == 1 || (n == 2 && strings.HasSuffix(c.Like, ".")) {
			if n == 2 {
				return initial(g) + "."
			}
			return initial(g)
		}
		return likeCase(g, c.Like)
	},
	Keeps: []string{"surrogate"},
}

// fullName is given and family name in any order of the culture: "Ada
// Lovelace", "Lovelace, Ada", "Lovelace, Mrs. Ada", "王小明".
var fullName = Type{
	Name: "full_name", Family: "person_name", Class: DirectIdentifier, Prior: .4,
	Headers: []string{
		"full_name", "fullname", "person_name", "customer_name", "patient_name", "employee_name", "contact_name", "client_name", "student_name", "member_name",
		"doctor_name", "physician", "doctor", "author", "composer", "owner_name", "account_holder", "cardholder", "cardholder_name", "beneficiary", "name", "display_name", "person", "patient", "insured",
		"guardian", "emergency_contact", "manager", "supervisor", "teacher", "next_of_kin", "artist", "director", "actor", "father_name", "mother_name", "spouse_name", "driver_name", "employee", "applicant_name", "user_full_name",
		"姓名", "客户姓名", "患者姓名", "联系人", "员工姓名", "学生姓名", "收货人", "持卡人", "法定代表人", "nombre_completo", "nom_complet",
	},
	Match: func(v string) bool {
		return nameForm(strings.Map(func(c rune) rune {
			if c == '(' || c == ')' || c == '"' {
				return ' '
			}
			return c
		}, v[:min(len(v), 128)])) && len(v) < 128
	},
	Generate: generateFullName,
	Keeps:    []string{"surrogate"},
}

func generateFullName(r *rand.Rand, c Context) string {
	p := c.person(r)
	if hasHan(p.Family) || hasHan(p.Given) {
		return p.Family + p.Given
	}
	family, rest, comma := strings.Cut(c.Like, ", ")
	if comma && family != "" {
		out := p.Family + ", "
		if t, _, ok := strings.Cut(rest, " "); ok && strings.HasSuffix(t, ".") {
			out += t + " "
		}
		return likeCase(out+p.Given, c.Like)
	}
	out := p.Given + " " + p.Family
	f := strings.Fields(c.Like)
	if len(f) == 3 && strings.HasSuffix(f[1], ".") {
		out = p.Given + " " + initial(drawGiven(r, p.Gender, false)) + ". " + p.Family
	} else if len(f) == 3 && strings.HasSuffix(f[0], ".") {
		out = f[0] + " " + out
	}
	return likeCase(out, c.Like)
}

// Titles are the forms of address that stand before a name, lower case,
// without a closing dot.
var Titles = map[string]bool{
	"mr": true, "mrs": true, "ms": true, "miss": true, "dr": true, "prof": true, "professor": true, "sir": true, "madam": true, "mx": true,
	"rev": true, "fr": true, "master": true, "hon": true, "lady": true, "lord": true, "dame": true, "capt": true, "captain": true, "col": true, "colonel": true, "lt": true,
	"sgt": true, "sergeant": true, "major": true, "maj": true, "herr": true, "frau": true, "mme": true, "mlle": true, "sr": true, "sra": true, "srta": true, "don": true, "dona": true, "doña": true, "signor": true, "signora": true,
	"先生": true, "女士": true, "小姐": true, "博士": true, "教授": true, "医生": true,
}

var nameTitle = Type{
	Name: "name_title", Family: "person_name", Class: QuasiIdentifier, Prior: .97,
	Headers: []string{"title", "name_title", "prefix", "name_prefix", "salutation", "honorific", "称谓", "称呼", "anrede"},
	Match: func(v string) bool {
		return len(v) <= 16 && Titles[strings.TrimSuffix(strings.ToLower(v), ".")]
	},
	Generate: func(r *rand.Rand, c Context) string {
		female := c.person(r).Gender == "female"
		if c.chinese() {
			if female {
				return "女士"
			}
			return "先生"
		}
		t := "Mr."
		if female {
			t = pick(r, []string{"Ms.", "Mrs."})
		}
		if c.Like != "" && !strings.HasSuffix(c.Like, ".") {
			t = t[:len(t)-1]
		}
		return likeCase(t, c.Like)
	},
	Keeps: []string{"surrogate"},
}
