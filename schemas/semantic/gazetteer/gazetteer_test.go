package gazetteer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLookUps(t *testing.T) {
	t.Parallel()
	g, ok := Given("katarzyna")
	require.True(t, ok)
	require.Equal(t, byte('f'), g)
	require.True(t, Surname("kowalski"))
	require.False(t, Surname("xqzt"))
	require.True(t, Word("table"))
	require.False(t, Word("kowalski"))
	p, ok := City("cincinnati")
	require.True(t, ok)
	require.Equal(t, Place{"Cincinnati", "US", "OH"}, p)
	code, ok := Country("norway")
	require.True(t, ok)
	require.Equal(t, "NO", code)
	require.True(t, CountryCode("NOR"))
	require.True(t, State("ontario"))
	s, ok := USState("TX")
	require.True(t, ok)
	require.Equal(t, "Texas", s.Name)
	name, ok := CNName("110101")
	require.True(t, ok)
	require.Equal(t, "东城区", name)
	code, ok = CNPlace("杭州")
	require.True(t, ok)
	require.Equal(t, "3301", code)
	n, ok := CNSurname([]rune("欧阳修"))
	require.True(t, ok)
	require.Equal(t, 2, n)
	require.True(t, CNCommonSurname('王'))
	require.True(t, CNGivenRune('伟'))
}

// Generation promises enough values to look real.
func TestSizes(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(EnglishGiven("female")), 400)
	require.GreaterOrEqual(t, len(EnglishGiven("male")), 400)
	require.GreaterOrEqual(t, len(EnglishSurnames()), 1000)
	require.GreaterOrEqual(t, len(USCities()), 300)
	require.GreaterOrEqual(t, len(Countries()), 240)
	require.Len(t, USStates(), 51)
	require.Greater(t, len(CNCounties()), 2900)
	require.Len(t, CNSurnames(), 200)
	require.GreaterOrEqual(t, len(CNGivenRunes("female")), 50)
	require.GreaterOrEqual(t, len(CNGivenRunes("male")), 50)
}
