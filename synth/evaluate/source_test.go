package evaluate_test

import (
	"context"
	"encoding/csv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// batches is a tabular.Reader over records in memory.
type batches struct {
	schema *arrow.Schema
	recs   []arrow.Record
}

func (b *batches) Schema() *arrow.Schema { return b.schema }

func (b *batches) Next(context.Context) (arrow.Record, error) {
	if len(b.recs) == 0 {
		return nil, io.EOF
	}
	r := b.recs[0]
	b.recs = b.recs[1:]
	r.Retain()
	return r, nil
}

func (b *batches) Close() error { return nil }

// inBatches serves rec in slices of n rows.
func inBatches(rec arrow.Record, n int64) tabular.Source {
	return func(context.Context) (tabular.Reader, error) {
		b := &batches{schema: rec.Schema()}
		for lo := int64(0); lo < rec.NumRows(); lo += n {
			b.recs = append(b.recs, rec.NewSlice(lo, min(lo+n, rec.NumRows())))
		}
		return b, nil
	}
}

func whole(rec arrow.Record) tabular.Source { return inBatches(rec, max(rec.NumRows(), 1)) }

// table is a table under construction: values are float64, string, bool,
// time.Time or nil.
type table struct {
	names []string
	types []arrow.DataType
	rows  [][]any
}

func (t *table) record() arrow.Record {
	fields := make([]arrow.Field, len(t.names))
	for i, n := range t.names {
		fields[i] = arrow.Field{Name: n, Type: t.types[i], Nullable: true}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for _, row := range t.rows {
		for j, v := range row {
			if v == nil {
				b.Field(j).AppendNull()
				continue
			}
			switch f := b.Field(j).(type) {
			case *array.Float64Builder:
				f.Append(v.(float64))
			case *array.StringBuilder:
				f.Append(v.(string))
			case *array.BooleanBuilder:
				f.Append(v.(bool))
			case *array.Date32Builder:
				f.Append(arrow.Date32FromTime(v.(time.Time)))
			}
		}
	}
	return b.NewRecord()
}

// readCSV types columns by the kinds of the reference file.
func readCSV(t *testing.T, path string, kinds map[string]string) arrow.Record {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	out := &table{}
	var at []int
	for j, n := range rows[0] {
		kind, ok := kinds[n]
		if !ok {
			continue
		}
		at = append(at, j)
		out.names = append(out.names, n)
		out.types = append(out.types, map[string]arrow.DataType{
			"numerical": arrow.PrimitiveTypes.Float64, "datetime": arrow.FixedWidthTypes.Date32, "categorical": arrow.BinaryTypes.String,
		}[kind])
	}
	for _, r := range rows[1:] {
		row := make([]any, len(at))
		for i, j := range at {
			if r[j] == "" {
				continue
			}
			switch kinds[rows[0][j]] {
			case "numerical":
				v, err := strconv.ParseFloat(r[j], 64)
				require.NoError(t, err)
				row[i] = v
			case "datetime":
				v, err := time.Parse(time.DateOnly, r[j])
				require.NoError(t, err)
				row[i] = v
			default:
				row[i] = r[j]
			}
		}
		out.rows = append(out.rows, row)
	}
	return out.record()
}

// people draws rows of a small population with dependent columns: age, city,
// income (sometimes missing) and rich, which follows from age and income.
func people(seed uint64, rows int) arrow.Record {
	r := rand.New(rand.NewPCG(seed, 1))
	t := &table{
		names: []string{"age", "city", "income", "rich"},
		types: []arrow.DataType{arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Boolean},
	}
	cities := []string{"Aarhus", "Bergen", "Cork", "Delft"}
	for range rows {
		age := math.Floor(18 + 60*r.Float64())
		city := cities[min(r.IntN(4), r.IntN(4))]
		income := any(math.Round(100 * math.Exp(6+age/80+r.NormFloat64()/2)))
		rich := r.Float64() < age/100
		if v := income.(float64); v > 1e5 {
			rich = true
		}
		if r.IntN(20) == 0 {
			income = nil
		}
		t.rows = append(t.rows, []any{age, city, income, rich})
	}
	return t.record()
}

// shuffled permutes each column on its own.
func shuffled(rec arrow.Record, seed uint64) arrow.Record {
	r := rand.New(rand.NewPCG(seed, 2))
	t := &table{}
	for i, f := range rec.Schema().Fields() {
		t.names, t.types = append(t.names, f.Name), append(t.types, f.Type)
		for at, from := range r.Perm(int(rec.NumRows())) {
			if i == 0 {
				t.rows = append(t.rows, make([]any, rec.NumCols()))
			}
			col := rec.Column(i)
			if col.IsNull(from) {
				continue
			}
			switch a := col.(type) {
			case *array.Float64:
				t.rows[at][i] = a.Value(from)
			case *array.String:
				t.rows[at][i] = a.Value(from)
			case *array.Boolean:
				t.rows[at][i] = a.Value(from)
			}
		}
	}
	return t.record()
}
