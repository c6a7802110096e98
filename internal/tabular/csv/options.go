package csv

import "fmt"

// Options are what only delimited text knows. The zero value detects the
// dialect and stops at the first cell that does not parse.
type Options struct {
	// Dialect is how the file is spelled; nil = detected.
	Dialect *Dialect
	// OnBadCell is told of each cell that is no value of its column's type;
	// such a cell reads as null. nil = the first one ends the read with an
	// error that wraps its *BadCell.
	OnBadCell func(BadCell)
	// MaxRecordBytes bounds one record, quoted newlines included, in bytes;
	// 0 = 16 MiB. A longer one ends the read with tabular.ErrCorrupt.
	MaxRecordBytes int
}

func (o Options) withDefaults() Options {
	if o.MaxRecordBytes <= 0 {
		o.MaxRecordBytes = defaultMaxRecord
	}
	return o
}

// BadCell places a cell that is no value of its column's type. It does not
// hold the cell's text.
type BadCell struct {
	Row    int64  // row of the table, from 0
	Line   int64  // line of the file, from 1, where the record begins
	Column int    // field of the record, from 0
	Name   string // column name
	Type   string // the Arrow type expected
	// Inferred says that the type was inferred from the file's first rows, not
	// declared.
	Inferred bool
}

func (b *BadCell) Error() string {
	if b.Inferred {
		return fmt.Sprintf("not a value of type %s, which the rows before it suggested; "+
			"declare the column's type or infer from more rows", b.Type)
	}
	return fmt.Sprintf("not a value of the declared type %s", b.Type)
}
