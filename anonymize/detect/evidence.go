package detect

import (
	"fmt"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// evidence says in sentences what moved the winning type. It never quotes a
// cell.
func (c *tableContext) evidence(i int, win candidate) []string {
	ty := semantic.All()[win.typ]
	f, h := c.fs[i], c.hs[i]
	var out []string
	say := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	switch s := h.strength[win.typ]; {
	case h.empty:
		say("the header says nothing")
	case s >= .9:
		say("the header names the type")
	case s > 0:
		say("part of the header suggests the type")
	case len(h.strength) > 0:
		say("the header suggests another type; the values decide")
	default:
		say("the header is unknown")
	}
	if f.cells == 0 {
		say("no values to look at")
		return out
	}
	if ty.Match != nil && f.match[win.typ] > 0 && ty.Prior >= .3 {
		say("%.0f %% of the values have the form", 100*f.match[win.typ])
		if ty.Valid != nil {
			say("%.0f %% of the values examined pass the type's checks", 100*f.valid[win.typ])
		}
	}
	switch ty.Name {
	case "first_name":
		say("%.0f %% are known given names", 100*f.given)
	case "last_name":
		say("%.0f %% are known family names", 100*f.family)
	case "full_name":
		say("%.0f %% combine a known given and family name", 100*f.bothNames)
	case "city":
		say("%.0f %% are known cities", 100*f.city)
	case "birth_date":
		say("the years span %d", max(0, f.yearMax-f.yearMin))
	case "record_id", "foreign_key":
		say("%.0f %% of the values are distinct", 100*f.ratio)
	case "category", "boolean", "outcome":
		say("%d distinct values", f.distinct)
	case "number", "count", "money":
		say("%.0f %% of the values are numbers", 100*f.numeric)
	}
	if win.around >= .5 {
		say("the neighbouring columns support it")
	}
	return out
}
