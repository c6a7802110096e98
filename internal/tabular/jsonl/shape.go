package jsonl

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/cell"
)

const (
	maxKeys    = 1_000  // distinct keys of a nested object before it reads as text
	maxColumns = 10_000 // distinct keys at the top
)

// kinds is a set of JSON kinds, and of what all values of a kind allow.
type kinds uint16

const (
	isString kinds = 1 << iota
	isNumber
	isBool
	isObject
	isList
)

const (
	allowInt kinds = 1 << iota
	allowFloat
	allowDecimal
	allowDate
	allowTimestamp
	allowZoned
	allowAll kinds = 1<<iota - 1
)

// shape is what inference has seen of one value position.
type shape struct {
	seen   kinds
	allow  kinds
	intDig int
	frac   int

	names  []string
	fields []*shape
	index  map[string]int
	epoch  int64 // the object in which this key was last seen
	opened int64 // objects seen here
	wide   bool  // too many keys: text
	elem   *shape
}

func newShape() *shape { return &shape{allow: allowAll} }

// observe reads one value and widens s to hold it.
func (s *shape) observe(p *parser, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	switch c := p.peek(); c {
	case '{':
		s.seen |= isObject
		if s.wide {
			_, err := p.skip(depth)
			return err
		}
		return s.observeObject(p, depth)
	case '[':
		s.seen |= isList
		if s.elem == nil {
			s.elem = newShape()
		}
		var err error
		for again := p.open(']'); again && err == nil; {
			if err = s.elem.observe(p, depth+1); err == nil {
				again, err = p.more(']')
			}
		}
		return err
	case '"':
		b, err := p.str()
		if err != nil {
			return err
		}
		s.seen |= isString
		s.observeString(b)
		return nil
	case 't':
		s.seen |= isBool
		return p.word(wordTrue)
	case 'f':
		s.seen |= isBool
		return p.word(wordFalse)
	case 'n':
		return p.word(wordNull)
	default:
		if c != '-' && c-'0' > 9 {
			return errSyntax
		}
		b, err := p.number()
		if err != nil {
			return err
		}
		s.seen |= isNumber
		s.observeNumber(b)
		return nil
	}
}

func (s *shape) observeObject(p *parser, depth int) error {
	s.opened++
	limit := maxKeys
	if depth == 0 {
		limit = maxColumns
	}
	for again := p.open('}'); again; {
		k, err := p.key()
		if err != nil {
			return err
		}
		i, ok := s.index[string(k)]
		if !ok {
			if len(s.fields) == limit {
				if depth == 0 {
					return fmt.Errorf("more than %d distinct keys", maxColumns)
				}
				// The rest of this object is only checked; from the next one on
				// the whole is text.
				s.wide = true
				s.names, s.fields, s.index = nil, nil, nil
				return s.drain(p, depth)
			}
			if s.index == nil {
				s.index = map[string]int{}
			}
			i = len(s.fields)
			s.index[string(k)] = i
			s.names = append(s.names, string(k))
			s.fields = append(s.fields, newShape())
		}
		f := s.fields[i]
		if f.epoch == s.opened {
			return errDuplicate
		}
		f.epoch = s.opened
		if err := f.observe(p, depth+1); err != nil {
			return err
		}
		if again, err = p.more('}'); err != nil {
			return err
		}
	}
	return nil
}

// drain reads the rest of an object whose key was just read.
func (s *shape) drain(p *parser, depth int) error {
	for {
		if _, err := p.skip(depth + 1); err != nil {
			return err
		}
		again, err := p.more('}')
		if err != nil || !again {
			return err
		}
		if _, err := p.key(); err != nil {
			return err
		}
	}
}

func (s *shape) observeString(b []byte) {
	const calendar = allowDate | allowTimestamp | allowZoned
	if s.allow&calendar == 0 {
		return
	}
	can := kinds(0)
	if _, ok := cell.ParseISODate(b); ok {
		can = allowDate
	} else if _, zoned, ok := cell.ParseTimestamp(b); ok {
		can = allowTimestamp
		if zoned {
			can = allowZoned
		}
	}
	s.allow &= can | ^calendar
}

func (s *shape) observeNumber(b []byte) {
	n, _ := cell.ScanNumber(b)
	if !n.Point && !n.Exp && !(n.Neg && n.Zero) {
		if _, ok := cell.ParseInt(b); !ok {
			s.allow &^= allowInt
		}
	} else {
		s.allow &^= allowInt
	}
	if s.allow&allowFloat != 0 && !cell.FloatHolds(b, n) {
		s.allow &^= allowFloat
	}
	s.intDig, s.frac = max(s.intDig, n.Int), max(s.frac, n.Frac)
	if n.Exp || (n.Neg && n.Zero) || s.intDig+s.frac > 38 {
		s.allow &^= allowDecimal
	}
}

// resolve returns the narrowest type that holds everything seen.
func (s *shape) resolve() arrow.DataType {
	switch s.seen {
	case isBool:
		return arrow.FixedWidthTypes.Boolean
	case isNumber:
		switch {
		case s.allow&allowInt != 0:
			return arrow.PrimitiveTypes.Int64
		case s.allow&allowFloat != 0:
			return arrow.PrimitiveTypes.Float64
		case s.allow&allowDecimal != 0:
			return &arrow.Decimal128Type{Precision: 38, Scale: int32(s.frac)}
		}
	case isString:
		switch {
		case s.allow&allowDate != 0:
			return arrow.FixedWidthTypes.Date32
		case s.allow&allowTimestamp != 0:
			return &arrow.TimestampType{Unit: arrow.Microsecond}
		case s.allow&allowZoned != 0:
			return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
		}
	case isList:
		return arrow.ListOf(s.elem.resolve())
	case isObject:
		if len(s.fields) > 0 {
			return arrow.StructOf(s.columns()...)
		}
	}
	return arrow.BinaryTypes.String
}

func (s *shape) columns() []arrow.Field {
	out := make([]arrow.Field, len(s.fields))
	for i, f := range s.fields {
		out[i] = arrow.Field{Name: s.names[i], Type: f.resolve(), Nullable: true}
	}
	return out
}

var errNoKeys = fmt.Errorf("%w: no object has a key", tabular.ErrUnsupported)
