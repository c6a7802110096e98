package transform

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSurrogatesRevealNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value, surrogate string
		want                   bool
	}{
		{"equal", "Ann Smith", "Ann Smith", true},
		{"equal but for form", "ann  SMITH", "Ann-Smith", true},
		{"inside a longer name", "Ann Smith", "Joann Smithers", true},
		{"too short to tell", "Ann Lee", "Joann Leeson", false},
		{"another name", "Ann Smith", "Eve Jones", false},
		{"accents", "Zoë Müller", "zoë müllers", true},
		{"nothing to reveal", "--", "Eve Jones", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, (&forge{}).reveals(c.surrogate, []byte(c.value)))
		})
	}
}
