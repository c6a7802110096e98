package parquet

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	pq "github.com/parquet-go/parquet-go"
)

var errNotNull = errors.New("a null in a column declared without nulls")

// maxValues bounds the values handed to parquet-go at once. Pages are only cut
// between such runs.
const maxValues = 4096

// shredder writes one leaf column of a row group.
type shredder struct {
	leaf *outLeaf
	out  *pq.ColumnWriter
	buf  []pq.Value
	rows int // in buf
	run  int // rows a write
}

// write shreds the leaf from the top-level arrays of a row group. Runs are cut
// by row position, so that pages do not depend on the batches the rows came in.
func (s *shredder) write(parts []arrow.Array) error {
	if err := s.plan(parts); err != nil {
		return err
	}
	for _, p := range parts {
		var err error
		if len(s.leaf.steps) == 1 {
			err = s.flat(p)
		} else {
			err = s.nested(p)
		}
		if err != nil {
			return err
		}
	}
	return s.flush()
}

// plan sets the rows of a run so that one run of long texts is about one page.
func (s *shredder) plan(parts []arrow.Array) error {
	s.run = maxValues
	if len(s.leaf.steps) > 1 {
		s.run = maxValues / 8
		return nil
	}
	bytes, rows := 0, 0
	for _, p := range parts {
		c, err := cellsOf(p)
		if err != nil {
			return err
		}
		rows += p.Len()
		if c.size == nil {
			continue
		}
		for i := range p.Len() {
			if !c.null(i) {
				bytes += c.size(i)
			}
		}
	}
	if rows > 0 {
		s.run = max(1, min(maxValues, pageBytes/(bytes/rows+1)))
	}
	return nil
}

func (s *shredder) flat(a arrow.Array) error {
	c, err := cellsOf(a)
	if err != nil {
		return err
	}
	nullable, index := s.leaf.steps[0].nullable, s.leaf.index
	allValid := a.NullN() == 0 && a.DataType().ID() != arrow.NULL && a.DataType().ID() != arrow.DICTIONARY
	for i := 0; i < a.Len(); {
		n := min(a.Len()-i, s.run-s.rows)
		switch {
		case allValid && !nullable:
			for k := i; k < i+n; k++ {
				s.buf = append(s.buf, c.value(k))
			}
		case allValid:
			for k := i; k < i+n; k++ {
				s.buf = append(s.buf, c.value(k).Level(0, 1, index))
			}
		default:
			for k := i; k < i+n; k++ {
				switch {
				case !c.null(k) && nullable:
					s.buf = append(s.buf, c.value(k).Level(0, 1, index))
				case !c.null(k):
					s.buf = append(s.buf, c.value(k))
				case nullable:
					s.buf = append(s.buf, pq.NullValue().Level(0, 0, index))
				default:
					return errNotNull
				}
			}
		}
		i += n
		if s.rows += n; s.rows == s.run {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *shredder) flush() error {
	if s.rows == 0 {
		return nil
	}
	_, err := s.out.WriteRowValues(s.buf)
	clear(s.buf)
	s.buf, s.rows = s.buf[:0], 0
	return err
}

// nested shreds every row of a top-level array along the leaf's steps.
func (s *shredder) nested(a arrow.Array) error {
	visit, err := s.visitor(a, s.leaf.steps, 0)
	if err != nil {
		return err
	}
	for i := range a.Len() {
		if err := visit(i, 0, 0); err != nil {
			return err
		}
		if s.rows++; s.rows == s.run {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// visitor returns a function that emits slot i of an array at a repetition and
// definition level. depth is the repetition level of the enclosing lists.
func (s *shredder) visitor(a arrow.Array, steps []step, depth int) (func(i, rep, def int) error, error) {
	st := steps[0]
	null := func(rep, def int) {
		s.buf = append(s.buf, pq.NullValue().Level(rep, def, s.leaf.index))
	}
	if st.kind == leafField {
		c, err := cellsOf(a)
		return func(i, rep, def int) error {
			switch {
			case !c.null(i) && st.nullable:
				s.buf = append(s.buf, c.value(i).Level(rep, def+1, s.leaf.index))
			case !c.null(i):
				s.buf = append(s.buf, c.value(i).Level(rep, def, s.leaf.index))
			case st.nullable:
				null(rep, def)
			default:
				return errNotNull
			}
			return nil
		}, err
	}
	var inner func(i, rep, def int) error
	var err error
	var elements func(i int) (start, end int64)
	switch a := a.(type) {
	case *array.Struct:
		inner, err = s.visitor(a.Field(st.child), steps[1:], depth)
	case *array.Map:
		child := a.Keys()
		if st.child == 1 {
			child = a.Items()
		}
		elements = a.ValueOffsets
		inner, err = s.visitor(child, steps[1:], depth+1)
	case array.ListLike:
		elements = a.ValueOffsets
		inner, err = s.visitor(a.ListValues(), steps[1:], depth+1)
	default:
		err = unsupported("array of type %s", a.DataType())
	}
	if err != nil {
		return nil, err
	}
	return func(i, rep, def int) error {
		if a.IsNull(i) {
			if !st.nullable {
				return errNotNull
			}
			null(rep, def)
			return nil
		}
		if st.nullable {
			def++
		}
		if elements == nil {
			return inner(i, rep, def)
		}
		start, end := elements(i)
		if start == end {
			null(rep, def)
			return nil
		}
		for k := start; k < end; k++ {
			if err := inner(int(k), rep, def+1); err != nil {
				return err
			}
			rep = depth + 1
		}
		return nil
	}, nil
}
