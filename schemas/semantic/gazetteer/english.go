package gazetteer

import "sync"

type englishNames struct{ female, male, family []string }

var english = sync.OnceValue(func() englishNames {
	var e englishNames
	for _, l := range lines("given_en.txt") {
		name := capital(lower(l[:len(l)-2]))
		if l[len(l)-1] == 'f' {
			e.female = append(e.female, name)
		} else {
			e.male = append(e.male, name)
		}
	}
	e.family = lines("surnames_en.txt")
	return e
})

func capital(s string) string {
	b := []byte(s)
	if len(b) > 0 && b[0] >= 'a' && b[0] <= 'z' {
		b[0] -= 32
	}
	return string(b)
}

// EnglishGiven lists US given names of a gender ("female", "male"), most
// frequent first.
func EnglishGiven(gender string) []string {
	if gender == "female" {
		return english().female
	}
	return english().male
}

// EnglishSurnames lists US family names, most frequent first.
func EnglishSurnames() []string { return english().family }
