package schemas

import (
	"fmt"
	"regexp"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// columnRule marks the rows of one column that break a rule. Nulls never do:
// whether they are allowed is the field's nullability.
type columnRule func(arr arrow.Array, marks []uint16, code uint16)

// newPatternRule marks text that the RE2 expression does not match from end to
// end.
func newPatternRule(t arrow.DataType, pattern string) (columnRule, error) {
	if !isText(t) {
		return nil, fmt.Errorf("a pattern is for utf8, not for %s", describe(t))
	}
	re, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("not an RE2 expression: %w", err)
	}
	return func(arr arrow.Array, marks []uint16, code uint16) {
		eachText(arr, func(i int, v string) {
			if !re.MatchString(v) {
				mark(marks, i, code)
			}
		})
	}, nil
}

// newSetRule marks values that are not in the list. The list is written as
// text in the column's own type.
func newSetRule(t arrow.DataType, set []string) (columnRule, error) {
	if len(set) == 0 {
		return nil, fmt.Errorf("the set is empty")
	}
	switch {
	case isText(t):
		allowed := make(map[string]struct{}, len(set))
		for _, s := range set {
			allowed[s] = struct{}{}
		}
		return func(arr arrow.Array, marks []uint16, code uint16) {
			eachText(arr, func(i int, v string) {
				if _, ok := allowed[v]; !ok {
					mark(marks, i, code)
				}
			})
		}, nil
	case !flatType(t):
		return nil, fmt.Errorf("a set is for flat columns, not for %s", describe(t))
	}
	put, err := textAppender(t)
	if err != nil {
		return nil, err
	}
	allowed := make(map[string]struct{}, len(set))
	for n, s := range set {
		one, ok := cellOf(t, put, s)
		if !ok {
			return nil, fmt.Errorf("entry %d does not spell a value of %s", n+1, describe(t))
		}
		allowed[string(appendCell(nil, one, 0))] = struct{}{}
		one.Release()
	}
	return func(arr arrow.Array, marks []uint16, code uint16) {
		var buf []byte
		for i := range arr.Len() {
			if arr.IsNull(i) {
				continue
			}
			buf = appendCell(buf[:0], arr, i)
			if _, ok := allowed[string(buf)]; !ok {
				mark(marks, i, code)
			}
		}
	}, nil
}

// eachText calls f for the rows of a text column that are not null.
func eachText(arr arrow.Array, f func(i int, v string)) {
	switch a := arr.(type) {
	case *array.String:
		for i := range a.Len() {
			if a.IsValid(i) {
				f(i, a.Value(i))
			}
		}
	case *array.LargeString:
		for i := range a.Len() {
			if a.IsValid(i) {
				f(i, a.Value(i))
			}
		}
	}
}
