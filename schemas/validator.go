package schemas

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/siphash"
)

// Codes of a Reason.
const (
	CodeType       = "type"        // the text does not spell a value of the field's type
	CodeMissing    = "missing"     // null in a field that is not nullable
	CodeRange      = "range"       // outside a range
	CodeSet        = "set"         // not one of a set
	CodePattern    = "pattern"     // does not match
	CodeCompare    = "compare"     // two columns do not relate as they must
	CodeForeignKey = "foreign_key" // the parent table has no such key
	CodeUnique     = "unique"      // the key stands at an earlier row
)

// Reason says why one row was set aside. It never holds a data value.
type Reason struct {
	Row   int64  // position in the table, from 0
	Code  string // one of the Code constants
	Field string // column or columns, joined by ", "
	Text  string // "age: out of range", "missing: ssn", or the constraint's name
}

// Checked is one batch divided by a contract. The caller releases Good and
// Bad.
type Checked struct {
	// Good holds the rows that fulfil the contract, in the contract's own
	// columns, order and types.
	Good arrow.Record
	// Bad holds the other rows as they came, with two columns more: _row
	// (int64, position in the table) and _reason (utf8).
	Bad arrow.Record
	// Reasons has one entry for each row of Bad, in its order.
	Reasons []Reason
	// Keys has one block for each entry of Validator.Unique, over the rows
	// that no other rule set aside.
	Keys []*KeyBlock
}

// Validator divides the batches of one table into good and bad rows. It is
// immutable and safe for concurrent use; Check depends on nothing but its
// arguments, so that batches can be checked by any worker in any order.
//
// The first reason of a row counts, in this order: type, missing, the
// constraints in contract order, foreign keys, uniqueness.
//
// Uniqueness cannot be decided within a batch, so it takes two phases that any
// partitioning carries out with the same result: Check emits the key hashes of
// each batch, FindDuplicates decides over all of them (the lowest row position
// keeps its key), and WithDuplicates gives a Validator that also sets those
// rows aside. Split does all of it over a source that can be read twice. A row
// that another rule sets aside does not hold its key: the next row with the
// key is kept.
type Validator struct {
	contract Contract
	in, out  *arrow.Schema
	bad      *arrow.Schema
	columns  []int // position of each contract field in the input
	coerce   []coercer
	rules    []rowRule
	unique   []uniqueRule
	foreign  []foreignRule
	reasons  []Reason // by code-1; Row unset
	missing  []uint16 // code for a null in each field; 0 = nullable
	mistyped []uint16 // code for a value of another type in each field
	// duplicates are the rows to set aside by each unique rule, ascending.
	duplicates [][]int64
}

type rowRule struct {
	code uint16
	mark func(cols []arrow.Array, marks []uint16, code uint16)
}

type uniqueRule struct {
	code    uint16
	columns []string
	hash    *KeyHasher
}

type foreignRule struct {
	code   uint16
	table  string
	hash   *KeyHasher
	parent *KeySet // nil = not checked
}

// NewValidator prepares the check of a table whose batches have schema s.
//
// Columns that the contract does not know give an error that matches
// ErrUnknownColumn; columns that the table lacks, ErrMissingColumn; columns
// whose type can never become the contract's, ErrType; all as *ColumnError,
// joined. A faulty contract gives an error that matches ErrInvalid.
func NewValidator(c Contract, s *arrow.Schema) (*Validator, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.WithDefaults()
	out, err := c.ArrowSchema()
	if err != nil {
		return nil, err
	}
	v := &Validator{contract: c, in: s, out: out}
	if err := v.bind(); err != nil {
		return nil, err
	}
	if err := v.compile(); err != nil {
		return nil, err
	}
	fields := slices.Clone(s.Fields())
	fields = append(fields, arrow.Field{Name: RowColumn, Type: arrow.PrimitiveTypes.Int64}, arrow.Field{Name: ReasonColumn, Type: arrow.BinaryTypes.String})
	v.bad = arrow.NewSchema(fields, nil)
	return v, nil
}

// bind finds each field's column and its coercion.
func (v *Validator) bind() error {
	var unknown, lacking, doubled []string
	count := map[string]int{}
	for _, f := range v.in.Fields() {
		count[f.Name]++
		if _, ok := v.contract.Field(f.Name); !ok {
			unknown = append(unknown, f.Name)
		} else if count[f.Name] == 2 {
			doubled = append(doubled, f.Name)
		}
	}
	var errs []error
	for _, f := range v.contract.Fields {
		at := v.in.FieldIndices(f.Name)
		if len(at) == 0 {
			lacking = append(lacking, f.Name)
			continue
		}
		to := v.out.Field(v.out.FieldIndices(f.Name)[0]).Type
		co, err := newCoercer(v.in.Field(at[0]).Type, to)
		if err != nil {
			errs = append(errs, &ColumnError{Table: v.contract.Name, Kind: ErrType, Columns: []string{f.Name}, Advice: err.Error()})
		}
		v.columns = append(v.columns, at[0])
		v.coerce = append(v.coerce, co)
	}
	if unknown != nil {
		errs = append(errs, &ColumnError{v.contract.Name, ErrUnknownColumn, unknown, "add them to the contract with a class, or drop them at the source; they are never passed on"})
	}
	if lacking != nil {
		errs = append(errs, &ColumnError{v.contract.Name, ErrMissingColumn, lacking, "restore them at the source, or remove them from the contract"})
	}
	if doubled != nil {
		errs = append(errs, &ColumnError{v.contract.Name, ErrUnknownColumn, doubled, "the table has two columns of this name; rename one"})
	}
	return errors.Join(errs...)
}

// Contract returns the contract with its defaults filled in.
func (v *Validator) Contract() Contract { return v.contract }

// GoodSchema is the schema of the good rows: the contract's.
func (v *Validator) GoodSchema() *arrow.Schema { return v.out }

// BadSchema is the schema of the rows set aside.
func (v *Validator) BadSchema() *arrow.Schema { return v.bad }

// Unique lists the column sets whose uniqueness is decided across batches: the
// primary key first, then the unique constraints in contract order.
func (v *Validator) Unique() [][]string {
	out := make([][]string, len(v.unique))
	for i, u := range v.unique {
		out[i] = u.columns
	}
	return out
}

// WithParents returns a Validator that checks foreign keys against the key
// sets of their parent tables, by table name. The sets must have been hashed
// under the same key by NewKeyHasher over the columns that the foreign keys
// reference. Foreign keys of other tables stay unchecked; UncheckedTables
// lists those.
func (v *Validator) WithParents(sets map[string]*KeySet, key [16]byte) *Validator {
	n := *v
	n.foreign = slices.Clone(v.foreign)
	for i := range n.foreign {
		f := &n.foreign[i]
		f.parent = sets[f.table]
		f.hash = &KeyHasher{columns: f.hash.columns, key: siphash.NewKey(key)}
	}
	return &n
}

// UncheckedTables lists the parent tables whose key set WithParents did not
// get, sorted.
func (v *Validator) UncheckedTables() []string {
	open := map[string]bool{}
	for _, f := range v.foreign {
		if f.parent == nil {
			open[f.table] = true
		}
	}
	return slices.Sorted(maps.Keys(open))
}

// WithDuplicates returns a Validator that also sets aside the given rows: one
// ascending list for each entry of Unique, as FindDuplicates returns them.
func (v *Validator) WithDuplicates(rows [][]int64) *Validator {
	n := *v
	n.duplicates = rows
	return &n
}

// Check divides one batch whose first row stands at firstRow in the table. The
// caller keeps ownership of rec. Errors are about the batch as a whole (another
// schema than NewValidator was given, a cancelled context); bad rows are not
// errors.
func (v *Validator) Check(ctx context.Context, rec arrow.Record, firstRow int64) (Checked, error) {
	if err := ctx.Err(); err != nil {
		return Checked{}, err
	}
	if !sameColumns(rec.Schema(), v.in) {
		return Checked{}, fmt.Errorf("schemas: table %q: a batch has another schema than the table: %w", v.contract.Name, ErrType)
	}
	rows := int(rec.NumRows())
	marks := make([]uint16, rows)
	cols := make([]arrow.Array, len(v.columns))
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, at := range v.columns {
		arr := rec.Column(at)
		if v.coerce[i] == nil {
			arr.Retain()
			cols[i] = arr
			continue
		}
		cols[i] = v.coerce[i](arr, marks, v.mistyped[i])
	}
	v.markRows(cols, marks)
	out := Checked{}
	for i, u := range v.unique {
		out.Keys = append(out.Keys, u.hash.block(cols, rows, firstRow, marks))
		if i < len(v.duplicates) {
			markPositions(v.duplicates[i], firstRow, marks, u.code)
		}
	}
	return out, v.divide(&out, rec, cols, marks, firstRow)
}

func (v *Validator) markRows(cols []arrow.Array, marks []uint16) {
	for i, code := range v.missing {
		if code == 0 || cols[i].NullN() == 0 && cols[i].DataType().ID() != arrow.NULL {
			continue
		}
		for row := range marks {
			if cols[i].IsNull(row) {
				mark(marks, row, code)
			}
		}
	}
	for _, r := range v.rules {
		r.mark(cols, marks, r.code)
	}
	for _, f := range v.foreign {
		if f.parent == nil {
			continue
		}
		f.hash.each(cols, len(marks), marks, func(i int, h keyHash) {
			if !f.parent.contains(h) {
				mark(marks, i, f.code)
			}
		})
	}
}

// markPositions marks the rows of this batch among the ascending positions.
func markPositions(positions []int64, firstRow int64, marks []uint16, code uint16) {
	at, _ := slices.BinarySearch(positions, firstRow)
	for ; at < len(positions) && positions[at] < firstRow+int64(len(marks)); at++ {
		mark(marks, int(positions[at]-firstRow), code)
	}
}

func sameColumns(a, b *arrow.Schema) bool {
	if a.NumFields() != b.NumFields() {
		return false
	}
	for i := range a.NumFields() {
		if a.Field(i).Name != b.Field(i).Name || !arrow.TypeEqual(a.Field(i).Type, b.Field(i).Type) {
			return false
		}
	}
	return true
}
