// Package labeling asks people for the labels that help most. It holds the
// task, the answer, and the queue that hands tasks out: a plain state machine
// without clock, storage or orchestrator. Time is an argument, and the same
// calls in the same order give the same state.
//
// Package query chooses what to ask, learn learns from the answers, consensus
// settles what several annotators said.
package labeling

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Kind is what a task asks about.
type Kind string

// The kinds of task.
const (
	RowTask    Kind = "row"    // classify one row of a table
	ColumnTask Kind = "column" // say what a detected column holds
)

// Slice tells why a task was chosen.
type Slice string

// The slices. Control tasks are drawn at random from the pool, so that accuracy
// measured on them is that of the pool.
const (
	Chosen    Slice = "chosen"     // by the acquisition function
	Control   Slice = "control"    // at random
	ColdStart Slice = "cold_start" // before there was a model
	Column    Slice = "column"     // a question of detection
)

// Task is one question. It is stored as an artifact and fetched by id when it is
// shown; a Queue keeps only its id and how it may be answered.
type Task struct {
	// ID names the task within its queue: 1 to MaxID bytes of letters, digits
	// and . _ - : / @ only. It must not carry data values: it appears in logs.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Title is the question in one line; empty = the queue's own.
	Title string `json:"title,omitempty"`
	// Fields are shown to the annotator in order. They must be de-identified.
	Fields []Field `json:"fields,omitempty"`
	// Guesses are what the machine believes, best first.
	Guesses []Guess `json:"guesses,omitempty"`
	// Evidence is why, in sentences without data values.
	Evidence []string `json:"evidence,omitempty"`
	// Choices are the labels that may be given, in the order of their keys;
	// empty = the queue's classes.
	Choices []Choice `json:"choices,omitempty"`
	// Gold is the known answer of a task that checks annotators; empty = none.
	// It is never sent to a page.
	Gold string `json:"gold,omitempty"`
	// Slice tells why the task was chosen; empty = Chosen.
	Slice Slice `json:"slice,omitempty"`
}

// Field is one named value of a row, or a summary of a column.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Null  bool   `json:"null,omitempty"`
}

// Choice is a label an annotator may give.
type Choice struct {
	Value string `json:"value"`           // what is stored
	Title string `json:"title,omitempty"` // what is shown; empty = Value
	Hint  string `json:"hint,omitempty"`
	Group string `json:"group,omitempty"`
}

// Guess is a label with the machine's probability for it, 0..1.
type Guess struct {
	Value       string  `json:"value"`
	Probability float64 `json:"probability"`
}

// Answer is what one annotator said about one task.
type Answer struct {
	Task      string    `json:"task"`
	Annotator string    `json:"annotator"`
	Label     string    `json:"label,omitempty"`
	Skipped   bool      `json:"skipped,omitempty"`
	At        time.Time `json:"at"`
	Slice     Slice     `json:"slice,omitempty"`
	// Gold tells that the task was a check; Right whether the answer passed.
	Gold  bool `json:"gold,omitempty"`
	Right bool `json:"right,omitempty"`
}

// Limits that keep a queue's state small.
const (
	MaxID         = 64  // bytes of a task id
	MaxAnnotator  = 40  // bytes of an annotator's name
	MaxAnnotators = 256 // names a queue remembers
	MaxLabel      = 64  // bytes of a label
	MaxChoices    = 512 // labels a task may offer
)

// ValidateID checks a task id.
func ValidateID(id string) error {
	if id == "" || len(id) > MaxID {
		return fmt.Errorf("%w: a task id has 1 to %d bytes", ErrInvalid, MaxID)
	}
	for _, c := range []byte(id) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-:/@", c) >= 0) {
			return fmt.Errorf("%w: a task id holds letters, digits and ._-:/@ only", ErrInvalid)
		}
	}
	return nil
}

// ValidateAnnotator checks an annotator's name: 1 to MaxAnnotator bytes, printable,
// no space at the ends, none of < > & " \ and control characters.
func ValidateAnnotator(name string) error {
	if name == "" || len(name) > MaxAnnotator {
		return fmt.Errorf("%w: an annotator's name has 1 to %d bytes", ErrInvalid, MaxAnnotator)
	}
	if strings.ContainsAny(name, "<>&") {
		return fmt.Errorf("%w: an annotator's name must not contain <, > or &", ErrInvalid)
	}
	return validateText("an annotator's name", name)
}

// validateLabel checks a label. A label is a class, never a data value.
func validateLabel(label string) error {
	if label == "" || len(label) > MaxLabel {
		return fmt.Errorf("%w: a label has 1 to %d bytes", ErrInvalid, MaxLabel)
	}
	return validateText("a label", label)
}

// validateText refuses control characters, quotes and backslashes: what JSON would
// have to escape, so that the size of a state follows the length of its strings.
func validateText(what, s string) error {
	if strings.TrimSpace(s) != s {
		return fmt.Errorf("%w: %s must not begin or end with a space", ErrInvalid, what)
	}
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\ufffd' {
			return fmt.Errorf("%w: %s must be printable UTF-8", ErrInvalid, what)
		}
		if strings.ContainsRune(`"\`, r) {
			return fmt.Errorf("%w: %s must not contain quotes or backslashes", ErrInvalid, what)
		}
	}
	return nil
}

// Validate checks a task apart from any queue.
func (t Task) Validate() error {
	var errs []error
	errs = append(errs, ValidateID(t.ID))
	if t.Kind != RowTask && t.Kind != ColumnTask {
		errs = append(errs, fmt.Errorf("%w: a task's kind is %q or %q", ErrInvalid, RowTask, ColumnTask))
	}
	switch t.Slice {
	case "", Chosen, Control, ColdStart, Column:
	default:
		errs = append(errs, fmt.Errorf("%w: unknown slice", ErrInvalid))
	}
	if len(t.Choices) == 1 || len(t.Choices) > MaxChoices {
		errs = append(errs, fmt.Errorf("%w: a task offers 2 to %d choices, or none to use the queue's classes", ErrInvalid, MaxChoices))
	}
	seen := make(map[string]bool, len(t.Choices))
	for _, c := range t.Choices {
		errs = append(errs, validateLabel(c.Value))
		if seen[c.Value] {
			errs = append(errs, fmt.Errorf("%w: two choices have the same value", ErrInvalid))
		}
		seen[c.Value] = true
	}
	if t.Gold != "" && len(t.Choices) > 0 && !seen[t.Gold] {
		errs = append(errs, fmt.Errorf("%w: the gold answer is not among the choices", ErrInvalid))
	}
	return errors.Join(errs...)
}

// ColumnLabel writes the answer to a column question: a semantic type (empty =
// unknown) and a privacy class.
func ColumnLabel(semanticType string, class semantic.Class) string {
	if semanticType == "" {
		semanticType = "unknown"
	}
	return semanticType + ":" + string(class)
}

// ParseColumnLabel reads what ColumnLabel wrote.
func ParseColumnLabel(label string) (semanticType string, class semantic.Class, err error) {
	semanticType, c, ok := strings.Cut(label, ":")
	class = semantic.Class(c)
	if !ok || !class.Valid() {
		return "", "", fmt.Errorf("%w: a column label is TYPE:CLASS", ErrInvalid)
	}
	if semanticType == "unknown" {
		semanticType = ""
	}
	return semanticType, class, nil
}

// ColumnChoices builds the choices of a column question: the guesses first with
// the class guessed for them, then each privacy class without a type, then every
// known semantic type with its default class.
func ColumnChoices(guesses []Guess) []Choice {
	var out []Choice
	seen := map[string]bool{}
	add := func(group, semanticType string, class semantic.Class, hint string) {
		v := ColumnLabel(semanticType, class)
		if seen[v] || len(out) == MaxChoices {
			return
		}
		seen[v] = true
		title := strings.ReplaceAll(semanticType, "_", " ")
		if semanticType == "" {
			title = "something else"
		}
		out = append(out, Choice{Value: v, Title: title, Hint: hint, Group: group})
	}
	for _, g := range guesses {
		if t, c, err := ParseColumnLabel(g.Value); err == nil {
			add("Guesses", t, c, className[c])
		}
	}
	for _, c := range semantic.Classes() {
		add("Another type", "", c, className[c])
	}
	for _, t := range semantic.All() {
		add("All types", t.Name, t.Class, className[t.Class])
	}
	return out
}

// className is how a privacy class reads on a page.
var className = map[semantic.Class]string{
	semantic.DirectIdentifier: "direct identifier",
	semantic.QuasiIdentifier:  "quasi-identifier",
	semantic.Sensitive:        "sensitive",
	semantic.None:             "not personal",
}
