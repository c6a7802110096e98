package anonymize

import (
	"slices"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Protected names the output columns that must be written without statistics,
// page bounds, dictionaries and bloom filters: personal columns in whose output
// pieces of the input remain, and surrogates: the first and last of a million
// invented names are, among a million real ones, somebody's, and in a footer
// nothing tells such chance from a leak. Codes may be repeated.
func (p *Plan) Protected() []string {
	var out []string
	for _, c := range p.columns {
		if !c.drop && c.decision.Field.Class != semantic.None && leaksPieces(c.decision.Transform, c.transform.Properties()) {
			out = append(out, c.decision.Field.Name)
		}
	}
	return out
}

// leaksPieces tells whether values, or parts of them, can be read off the
// output, by chance included.
func leaksPieces(s transform.Spec, p transform.Properties) bool {
	switch s.Name {
	case "pseudonym", "constant", "suppress":
		return false
	case "text", "surrogate":
		return true
	}
	return slices.ContainsFunc(p.Leaks, func(l string) bool { return l == "prefix" || l == "range" || l == "order" })
}

// Hidden lists the fields of which no value may survive in the output: those
// that are replaced as a whole. It is what a proof collects.
func (p *Plan) Hidden() []schemas.Field {
	var out []schemas.Field
	for _, d := range p.decisions {
		switch d.Transform.Name {
		case "pseudonym", "surrogate", "constant", "suppress", "mask":
			out = append(out, d.Field)
		}
	}
	return out
}

// Invented names the output columns whose values are made up: among many some
// equal somebody's real value by chance, so a proof holds them against the
// input row by row.
func (p *Plan) Invented() []string { return p.outcomes("surrogate", "date_shift") }

// Coded names the output columns of codes and of masked cells, pieces of which
// equal somebody's real value by chance.
func (p *Plan) Coded() []string { return p.outcomes("pseudonym", "mask") }

func (p *Plan) outcomes(transforms ...string) []string {
	var out []string
	for _, d := range p.decisions {
		if slices.Contains(transforms, d.Transform.Name) {
			out = append(out, d.Field.Name)
		}
	}
	return out
}

// Kept names the output columns that hold what they held before.
func (p *Plan) Kept() []string { return p.outcomes("keep") }

// KnownColumns names the direct identifiers whose values are searched in the
// free texts of the same row.
func (p *Plan) KnownColumns() []string {
	var out []string
	for _, d := range p.decisions {
		if d.Field.Class == semantic.DirectIdentifier && d.Field.Semantic != "free_text" {
			out = append(out, d.Field.Name)
		}
	}
	return out
}
