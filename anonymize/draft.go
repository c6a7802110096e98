package anonymize

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
)

// Draft writes a careful first policy for a table: keys become codes, direct
// identifiers invented values or codes, quasi-identifiers coarser, texts
// cleaned, and columns that detection is unsure of are suppressed until a
// person has decided. It returns the policy and its commented YAML.
func Draft(contract schemas.Contract, report detect.Report) (Policy, []byte, error) {
	unsure := map[string]bool{}
	for _, c := range report.Columns {
		unsure[c.Name] = c.Unsure
	}
	p, text, err := draft(contract, unsure, nil)
	if err != nil {
		return Policy{}, nil, err
	}
	types, err := columnTypes(contract, nil)
	if err != nil {
		return Policy{}, nil, fmt.Errorf("anonymize: table %q: %w", contract.Name, err)
	}
	impossible := map[string]bool{}
	for _, d := range decisions(p, Principal{}, contract) {
		_, err := transform.New(d.Transform, column(contract, PlanOptions{}, d.Field, types), noKeys{})
		impossible[d.Field.Name] = err != nil
	}
	if !slices.Contains(slices.Collect(maps.Values(impossible)), true) {
		return p, text, nil
	}
	return draft(contract, unsure, impossible)
}

// draft writes the rules; impossible columns have a type that the rule for
// their kind cannot treat.
func draft(contract schemas.Contract, unsure, impossible map[string]bool) (Policy, []byte, error) {
	var w draftWriter
	w.line("# Drafted from what was detected in table %s. Read it before you use it:", plain(contract.Name))
	w.line("# rules are tried from the top, and what no rule matches is suppressed.")
	w.line("name: %s", quoted(contract.Name+"-draft"))
	w.line("version: 0.1.0")
	w.line("defaults:")
	w.line("  purpose: training")
	w.line("rules:")

	for _, f := range contract.Fields {
		if unsure[f.Name] && f.Confirmed == "" {
			w.column("unsure", f, "Detection is unsure what this holds. Confirm its class in the contract or the label queue, then delete this rule.", "suppress")
		}
	}
	for _, f := range contract.Fields {
		if impossible[f.Name] {
			w.column("type of", f, "The usual treatment does not take this column's type; choose one that does.", "suppress")
		}
	}
	for _, f := range contract.Fields {
		if isKey(contract, f.Name) && !impossible[f.Name] {
			w.column("key", f, "Rows are joined by it: equal values get equal codes in every table.", "pseudonym")
		}
	}
	has := func(names ...string) []string {
		var out []string
		for _, n := range names {
			if slices.ContainsFunc(contract.Fields, func(f schemas.Field) bool { return f.Semantic == n }) {
				out = append(out, n)
			}
		}
		return out
	}
	invented := has("first_name", "last_name", "middle_name", "full_name", "email", "phone", "cn_mobile", "street_address")
	w.semantic("contact data", invented, "Replaced by invented values of the same kind, equal for equal values.", "surrogate")
	w.semantic("free text", has("free_text"), "People, numbers and addresses inside the text are replaced by their kind.", "text")
	w.semantic("dates of birth", has("birth_date"), "The year alone is left (HIPAA Safe Harbor, item 3).", "generalize", "to: year")
	w.semantic("ages", has("age"), "Ages from 90 on are one group (HIPAA Safe Harbor, item 3).", "top_bottom", "top: 90")
	w.semantic("postcodes", has("postal_code"), "The first three characters are left.", "generalize", "prefix: 3")
	w.rule("other direct identifiers", "Codes under a secret key.", "pseudonym", []string{"class: direct_identifier"})
	w.rule("quasi-identifiers", "Kept for training, but they single people out together: publish only a synthetic twin or a k-anonymous table of them.", "keep", []string{"class: quasi_identifier"}, "training")
	w.rule("sensitive values", "Kept for training under the same condition.", "keep", []string{"class: sensitive"}, "training")
	w.rule("not personal", "", "keep", []string{"class: none"})

	p, err := ParsePolicy([]byte(w.String()))
	if err != nil {
		return Policy{}, nil, fmt.Errorf("anonymize: draft for table %q: %w", contract.Name, err)
	}
	return p, []byte(w.String()), nil
}

// draftWriter writes rules with comments, which a marshaler would lose.
type draftWriter struct{ strings.Builder }

func (w *draftWriter) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *draftWriter) rule(name, comment, how string, match []string, purposes ...string) {
	if comment != "" {
		w.line("  # %s", comment)
	}
	w.line("  - name: %s", quoted(name))
	w.line("    match: {%s}", strings.Join(match, ", "))
	if len(purposes) > 0 {
		w.line("    purposes: [%s]", strings.Join(purposes, ", "))
	}
	w.line("    transform: {name: %s}", how)
}

func (w *draftWriter) column(kind string, f schemas.Field, comment, how string) {
	w.rule(kind+" "+f.Name, comment, how, []string{"column: " + quoted(exactly(f.Name))})
}

func (w *draftWriter) semantic(name string, types []string, comment, how string, params ...string) {
	if len(types) == 0 {
		return
	}
	w.line("  # %s", comment)
	w.line("  - name: %s", name)
	w.line("    match: {semantic: [%s]}", strings.Join(types, ", "))
	if len(params) == 0 {
		w.line("    transform: {name: %s}", how)
		return
	}
	w.line("    transform: {name: %s, params: {%s}}", how, strings.Join(params, ", "))
}

// quoted is a double-quoted YAML scalar.
func quoted(s string) string { return fmt.Sprintf("%q", strings.ToValidUTF8(s, "?")) }

// plain keeps a name from ending a comment line.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

// exactly is a pattern that matches one name alone.
func exactly(name string) string {
	if _, ok := literal(name); ok {
		return name
	}
	return "/" + regexp.QuoteMeta(name) + "/"
}
