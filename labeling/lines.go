package labeling

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one line of JSON.
const maxLine = 16 << 20

// ReadTasks reads tasks as JSON lines: one object a line, blank lines ignored,
// unknown fields refused. Each is validated.
func ReadTasks(r io.Reader) ([]Task, error) { return readLines(r, "task", Task.Validate) }

// ReadAnswers reads answers as JSON lines, as ReadTasks does.
func ReadAnswers(r io.Reader) ([]Answer, error) { return readLines(r, "answer", Answer.Validate) }

// Validate checks an answer apart from any queue.
func (a Answer) Validate() error {
	errs := []error{ValidateID(a.Task), ValidateAnnotator(a.Annotator)}
	switch {
	case !a.Skipped:
		errs = append(errs, validateLabel(a.Label))
	case a.Label != "":
		errs = append(errs, fmt.Errorf("%w: a skipped answer has no label", ErrInvalid))
	}
	return errors.Join(errs...)
}

func readLines[T any](r io.Reader, what string, validate func(T) error) ([]T, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	var out []T
	for line := 1; in.Scan(); line++ {
		text := in.Bytes()
		if line == 1 && len(text) >= 3 && string(text[:3]) == "\ufeff" {
			text = text[3:]
		}
		if len(text) == 0 {
			continue
		}
		var v T
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("%w: line %d is not a JSON %s (%s)", ErrInvalid, line, what, jsonFault(err))
		}
		if d.More() {
			return nil, fmt.Errorf("%w: line %d holds more than one JSON object", ErrInvalid, line)
		}
		if err := validate(v); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		out = append(out, v)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("labeling: read %ss: %w", what, err)
	}
	return out, nil
}

// jsonFault says what is wrong without repeating the text.
func jsonFault(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return "a field has the wrong type: " + wrong.Type.String() + " expected"
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("bad syntax near byte %d", syntax.Offset)
	}
	return "unknown field or bad value"
}

// WriteLines writes values as JSON lines.
func WriteLines[T Task | Answer](w io.Writer, values []T) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, v := range values {
		if err := out.Encode(v); err != nil {
			return fmt.Errorf("labeling: write JSON lines: %w", err)
		}
	}
	return nil
}

// WriteAnswersCSV writes answers as CSV with the header worker,item,label,
// which consensus.ReadCSV reads. Skips have no label and are left out.
func WriteAnswersCSV(w io.Writer, answers []Answer) error {
	out := csv.NewWriter(w)
	lines := [][]string{{"worker", "item", "label"}}
	for _, a := range answers {
		if !a.Skipped {
			lines = append(lines, []string{a.Annotator, a.Task, a.Label})
		}
	}
	if err := out.WriteAll(lines); err != nil {
		return fmt.Errorf("labeling: write answers: %w", err)
	}
	return nil
}
