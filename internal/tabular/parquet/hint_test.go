package parquet

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
)

func TestHintsThatDoNotFitAreIgnored(t *testing.T) {
	t.Parallel()
	utc := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	for name, h := range map[string]hint{
		"no such zone":     {Kind: "timestamp", Unit: "us", Zone: "Europe/Xerlin"},
		"no such unit":     {Kind: "timestamp", Unit: "h", Zone: "Europe/Berlin"},
		"of another type":  {Kind: "duration", Unit: "us"},
		"of no known kind": {Kind: "?"},
	} {
		require.Equal(t, utc, h.apply(conversion{typ: utc, width: 8}).typ, name)
	}
	require.Nil(t, readHints("{"))
}
