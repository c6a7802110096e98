package csv

// Null markers known without being told, unquoted and spelled exactly so.
const (
	markerEmpty = iota
	markerNA
	markerNSlashA
	markerNULL
	markerNull
	markerNaN
	markerNan
	markerBackslashN
	markerQuestion
	markerNone
	markerDash
	markerCount
)

var markerText = [markerCount]string{"", "NA", "N/A", "NULL", "null", "NaN", "nan", `\N`, "?", "None", "-"}

// markerIndex returns which known marker b is, or -1.
func markerIndex(b []byte) int {
	switch len(b) {
	case 0:
		return markerEmpty
	case 1:
		switch b[0] {
		case '?':
			return markerQuestion
		case '-':
			return markerDash
		}
	case 2:
		switch {
		case b[0] == 'N' && b[1] == 'A':
			return markerNA
		case b[0] == '\\' && b[1] == 'N':
			return markerBackslashN
		}
	case 3, 4:
		for i := markerNSlashA; i < markerCount; i++ {
			if string(b) == markerText[i] {
				return i
			}
		}
	}
	return -1
}

// nulls decides which unquoted cells of one column are null.
type nulls struct {
	known    [markerCount]bool
	listed   []string // the caller's own markers; replaces known
	useList  bool
	emptyToo bool // empty cells are null although not listed: typed columns
}

func (n *nulls) has(b []byte) bool {
	if !n.useList {
		i := markerIndex(b)
		return i >= 0 && n.known[i]
	}
	if len(b) == 0 && n.emptyToo {
		return true
	}
	for _, m := range n.listed {
		if string(b) == m {
			return true
		}
	}
	return false
}

// nullMarkers says which of the markers seen in a column mean null; typed is
// whether all its other cells share a type other than text, sure which markers
// were found in typed columns of the same file.
func (c *column) nullMarkers(typed bool, sure *[markerCount]bool) [markerCount]bool {
	var out [markerCount]bool
	out[markerEmpty] = true
	if typed {
		for i := range out {
			out[i] = true
		}
		return out
	}
	kinds := 0
	for i := markerNA; i < markerCount; i++ {
		if c.markers[i] > 0 {
			kinds++
		}
	}
	for i := markerNA; i < markerCount; i++ {
		if c.markers[i] == 0 {
			continue
		}
		switch i {
		case markerNone, markerDash:
			out[i] = c.quoted > 0 && c.bare == 0
		case markerNA:
			out[i] = sure[i] || !c.twoLetters || c.bare+c.quoted == 0
		case markerQuestion:
			out[i] = sure[i] || kinds == 1
		default:
			out[i] = true
		}
	}
	return out
}
