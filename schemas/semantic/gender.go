package semantic

import (
	"math/rand/v2"
	"strings"
)

// gender is sex or gender as words or letters. Coded numbers need a header to
// be recognised.
var gender = Type{
	Name: "gender", Family: "demographic", Class: QuasiIdentifier, Prior: .85,
	Headers: []string{"gender", "sex", "gndr", "gender_code", "性别", "sexo", "geschlecht", "sexe"},
	Match: func(v string) bool {
		if len(v) > 16 {
			return false
		}
		switch strings.ToLower(v) {
		case "f", "m", "female", "male", "woman", "man", "w", "x", "other", "unknown", "u", "nonbinary", "non-binary", "男", "女", "男性", "女性", "weiblich", "männlich", "girl", "boy", "diverse", "o", "transgender":
			return true
		}
		return false
	},
	Generate: func(r *rand.Rand, c Context) string {
		g := c.person(r).Gender
		switch {
		case c.chinese() && g == "female":
			return "女"
		case c.chinese():
			return "男"
		case len(c.Like) == 1:
			if isUpper(c.Like[0]) {
				return strings.ToUpper(g[:1])
			}
			return g[:1]
		}
		return likeCase(title(g), c.Like)
	},
	Keeps: []string{"surrogate"},
}
