package transform

import (
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// appendDetected appends what the detector finds in text from probability
// threshold on, as byte offsets.
func appendDetected(spans []found, text string, known []string, threshold float64) []found {
	detected := detect.Text(text, detect.TextOptions{Known: known, MinProbability: threshold})
	at, chars := 0, 0 // byte offset of character number chars
	seek := func(char int) int {
		for chars < char && at < len(text) {
			_, n := utf8.DecodeRuneInString(text[at:])
			at += n
			chars++
		}
		return at
	}
	for _, d := range detected {
		start := seek(d.Start)
		spans = append(spans, found{start, seek(d.End), placeholder(d.Type)})
	}
	return spans
}

// placeholder is the kind shown in place of a value of a semantic type: all
// names of persons are one kind.
func placeholder(semanticType string) string {
	switch t, ok := semantic.Lookup(semanticType); {
	case ok && t.Family == "person_name":
		return "person"
	case semanticType == "":
		return "id"
	}
	return semanticType
}
