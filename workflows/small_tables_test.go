package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/activities"
)

func TestTablesTooSmallForATwin(t *testing.T) {
	t.Parallel()
	big, small := activities.Protected{Table: "big", RowsOut: minTwinRows}, activities.Protected{Table: "small", RowsOut: minTwinRows - 1}
	_, few := tooFew([]activities.Protected{big})
	require.False(t, few)
	which, few := tooFew([]activities.Protected{big, small})
	require.True(t, few, "one small table keeps the family from being learned")
	require.Equal(t, "small", which.Table)
}
