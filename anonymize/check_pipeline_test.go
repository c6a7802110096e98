package anonymize

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/schemas"
)

func TestCheckColumns(t *testing.T) {
	t.Parallel()
	visits := schemas.Contract{Name: "visits", Fields: []schemas.Field{{Name: "visit_id", Type: "int64"}}}
	for name, c := range map[string]struct{ column, table, fault string }{
		"of one table":                 {"mail", "", ""},
		"of the other table":           {"visit_id", "", ""},
		"of none":                      {"mial", "", `rule "r": no table has a column "mial"`},
		"of the table it is for":       {"mail", "patients", ""},
		"of another than it is for":    {"mail", "visits", `no table has a column "mail"`},
		"of a table in other hands":    {"mail", "bills", ""},
		"pattern that matches nothing": {"zzz*", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := Policy{Name: "p", Version: "1.0.0", Rules: []Rule{{
				Name: "r", Match: Match{Column: c.column, Table: c.table}, Transform: keepAll().Rules[0].Transform,
			}}}
			err := CheckColumns(p, []schemas.Contract{patients(), visits})
			if c.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrPolicy)
			require.ErrorContains(t, err, c.fault)
		})
	}
}

func keepAll() Policy {
	p, err := ParsePolicy([]byte("name: keep\nversion: 1.0.0\nrules:\n  - name: all\n    match: {column: \"*\"}\n    transform: {name: keep}\n"))
	if err != nil {
		panic(err)
	}
	return p
}
