package semantic

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// birthDate is a date of birth. Any calendar date has its form; what makes it
// one is the header and the spread of years.
var birthDate = Type{
	Name: "birth_date", Family: "date", Class: QuasiIdentifier, Prior: .3,
	Headers: []string{
		"birth_date", "birthdate", "date_of_birth", "dob", "d_o_b", "birthday", "born", "birth_dt", "bdate", "birth", "birth_day", "date_birth",
		"出生日期", "生日", "出生年月", "出生", "fecha_nacimiento", "geburtsdatum", "date_naissance",
	},
	Match:    func(v string) bool { _, ok := parseDate(v); return ok },
	Generate: generateBirthDate,
	Keeps:    []string{"date_shift", "surrogate", "date_truncate"},
}

// generateBirthDate draws an age of 18 to 89 at the start of 2026, fixed so
// that the same stream gives the same date in any year.
func generateBirthDate(r *rand.Rand, c Context) string {
	t := time.Date(1936, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(72*365))
	if c.Person != nil && c.Person.Born != "" {
		if p, ok := parseDate(c.Person.Born); ok {
			t = p
		}
	}
	y, m, d := t.Year(), int(t.Month()), t.Day()
	like := c.Like
	switch {
	case strings.HasSuffix(like, "日"):
		return fmt.Sprintf("%d年%d月%d日", y, m, d)
	case len(like) == 8 && allDigits(like):
		return fmt.Sprintf("%04d%02d%02d", y, m, d)
	case strings.Contains(like, "/") && !isYearFirst(like):
		return fmt.Sprintf("%d/%d/%d", m, d, y)
	case strings.Contains(like, "/"):
		return fmt.Sprintf("%04d/%02d/%02d", y, m, d)
	case strings.Contains(like, ".") && !isYearFirst(like):
		return fmt.Sprintf("%02d.%02d.%04d", d, m, y)
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
}

func isYearFirst(v string) bool { return len(v) >= 4 && allDigits(v[:4]) }

// age is whole years of life, 0 to 120.
var age = Type{
	Name: "age", Family: "date", Class: QuasiIdentifier, Prior: .1,
	Headers: []string{"age", "age_years", "age_yrs", "patient_age", "age_at", "years_old", "age_group", "age_range", "年龄", "岁数", "edad", "alter"},
	Match: func(v string) bool {
		if i := strings.IndexByte(v, '.'); i > 0 && len(v) <= 5 && allDigits(v[i+1:]) {
			v = v[:i] // infants' ages are often fractions of a year
		}
		return len(v) > 0 && len(v) <= 3 && allDigits(v) && num([]byte(v)) <= 120
	},
	Generate: func(r *rand.Rand, c Context) string {
		if c.Person != nil && len(c.Person.Born) >= 4 && allDigits(c.Person.Born[:4]) {
			if a := 2026 - num([]byte(c.Person.Born[:4])); a >= 0 && a <= 120 {
				return fmt.Sprint(a)
			}
		}
		return fmt.Sprint(18 + r.IntN(72))
	},
	Keeps: []string{"top_code", "noise", "generalize"},
}
