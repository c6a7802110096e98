package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// canary stands in cells that are wrong: no message may quote it.
const canary = "canary-7f3k9"

// TestBadInput runs nights over what sources look like on bad days. Each ends
// with an error that names its kind, the file and the place, publishes nothing
// and quotes no cell; the night after the mend works.
func TestBadInput(t *testing.T) {
	t.Parallel()
	h := sharedHome(t)
	for name, c := range map[string]struct {
		spoil func(t *testing.T, s *small)
		code  int
		says  []string
	}{
		"truncated gzip": {func(t *testing.T, s *small) {
			s.source("visitors.csv.gz")
			z := gzipped(t, s.data["visitors.csv"])
			s.data["visitors.csv.gz"] = z[:len(z)/2]
		}, 1, []string{"SourceCorrupt", "table visitors", "visitors.csv.gz"}},
		"ragged rows": {func(_ *testing.T, s *small) {
			s.data["visitors.csv"] = visitors(func(i int, cells []string) []string {
				if i == 140 {
					return append(cells, canary)
				}
				return cells
			})
		}, 1, []string{"SourceCorrupt", "visitors.csv", "line 142"}},
		"too many wrong types": {func(_ *testing.T, s *small) {
			s.data["visitors.csv"] = visitors(func(i int, cells []string) []string {
				if i%3 == 0 {
					cells[2] = canary
				}
				return cells
			})
		}, 1, []string{"TooManyBadRows", "visitors", "100 of the first 300 rows", "age"}},
		"no bytes at all": {func(_ *testing.T, s *small) {
			s.data["visitors.csv"] = nil
		}, 1, []string{"SourceCorrupt", "visitors.csv"}},
		"corrupt Parquet pages": {func(t *testing.T, s *small) {
			s.source("visitors.parquet")
			data := visitorsParquet(t)
			for i := len(data) / 4; i < len(data)/2; i++ {
				data[i] ^= 0x5a
			}
			s.data["visitors.parquet"] = data
		}, 1, []string{"SourceCorrupt", "visitors.parquet"}},
		"Parquet cut short": {func(t *testing.T, s *small) {
			s.source("visitors.parquet")
			data := visitorsParquet(t)
			s.data["visitors.parquet"] = data[:len(data)-100]
		}, 1, []string{"SourceCorrupt", "visitors.parquet"}},
		"missing column": {func(_ *testing.T, s *small) {
			s.data["visitors.csv"] = bytes.Replace(s.data["visitors.csv"], []byte("age"), []byte("years"), 1)
		}, 1, []string{"SchemaMismatch", "visitors", `"age"`}},
		"unknown column": {func(_ *testing.T, s *small) {
			s.data["visitors.csv"] = visitors(func(_ int, cells []string) []string { return append(cells, canary) })
			s.data["visitors.csv"] = bytes.Replace(s.data["visitors.csv"], []byte("city"), []byte("city,secret"), 1)
		}, 1, []string{"SchemaMismatch", "visitors", `"secret"`, "failed   table visitors"}},
		"missing source": {func(_ *testing.T, s *small) {
			s.source("nowhere.csv")
		}, 1, []string{"SourceMissing", "nowhere.csv"}},
		"policy that names no column": {func(_ *testing.T, s *small) {
			s.policy += "  - {name: slip, match: {column: emial}, transform: {name: suppress}}\n"
		}, 2, []string{"pipeline.yaml", `rule "slip"`, `"emial"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSmall(t, "bad-"+strings.ToLower(strings.ReplaceAll(name, " ", "-")))
			good := *s
			c.spoil(t, s)
			r := h.nocturne(t, "run", s.write(t))
			t.Log(r.stderr)
			require.Equal(t, c.code, r.code)
			for _, want := range c.says {
				require.Contains(t, r.stderr, want)
			}
			require.NotContains(t, r.stdout+r.stderr, canary)
			require.False(t, h.published(s.name), "nothing is half-published")
			requireClean(t, h, s.name)

			good.data = map[string][]byte{"visitors.csv": visitors(nil)}
			h.must(t, "run", good.write(t))
			require.EqualValues(t, smallRows, h.version(t, s.name).Rows)
		})
	}
}

// TestNotSoBadInput runs nights over sources that are odd and still usable.
func TestNotSoBadInput(t *testing.T) {
	t.Parallel()
	h := sharedHome(t)
	for name, c := range map[string]struct {
		odd  func(s *small)
		rows int64
	}{
		"a few wrong types go to quarantine": {func(s *small) {
			s.data["visitors.csv"] = visitors(func(i int, cells []string) []string {
				if i < 6 {
					cells[2] = canary
				}
				return cells
			})
		}, smallRows - 6},
		"a table without rows": {func(s *small) {
			s.data["visitors.csv"] = []byte("visitor_id,email,age,city\n")
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSmall(t, "odd-"+strings.ReplaceAll(name, " ", "-"))
			c.odd(s)
			r := h.must(t, "run", s.write(t))
			require.NotContains(t, r.stdout+r.stderr, canary)
			v := h.version(t, s.name)
			require.Equal(t, c.rows, v.Rows)
			folder := h.path("store", "datasets", s.name, v.Version)
			require.Len(t, column(t, filepath.Join(folder, "data", "visitors"), "city"), int(c.rows))
			f := newFinder(map[string]string{canary: "the canary"})
			for _, file := range filesBelow(t, folder) {
				data, err := os.ReadFile(file)
				require.NoError(t, err)
				require.Empty(t, f.find(data), file)
				if strings.HasSuffix(file, ".parquet") {
					require.Empty(t, f.find(cells(t, file)), file)
				}
			}
		})
	}
}

// visitorsParquet is the little table as Parquet.
func visitorsParquet(t testing.TB) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "visitor_id", Type: arrow.BinaryTypes.String},
		{Name: "email", Type: arrow.BinaryTypes.String},
		{Name: "age", Type: arrow.PrimitiveTypes.Int64},
		{Name: "city", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range smallRows {
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("V%05d", i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("visitor%d@mail.example", i))
		b.Field(2).(*array.Int64Builder).Append(int64(18 + i%60))
		b.Field(3).(*array.StringBuilder).Append("Oslo")
	}
	rec := b.NewRecord()
	defer rec.Release()
	var out bytes.Buffer
	w, err := parquet.NewWriter(&out, schema, tabular.WriteOptions{})
	require.NoError(t, err)
	require.NoError(t, w.Write(context.Background(), rec))
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestWorkflowInput(t *testing.T) {
	t.Parallel()
	h := sharedHome(t)
	c := h.client(t)
	for name, in := range map[string]struct {
		input any
		says  string
	}{
		"unknown field":     {map[string]any{"pipelin": "census"}, `"pipelin"`},
		"unknown pipeline":  {map[string]any{"pipeline": "nosuch"}, `"nosuch"`},
		"bad date":          {map[string]any{"date": "yesterday"}, "2026-11-24"},
		"not an object":     {[]int{1}, "valid examples"},
		"incomplete inline": {map[string]any{"spec": map[string]any{"name": "x"}}, "tables"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: "input-" + strings.ReplaceAll(name, " ", "-"), TaskQueue: workflows.Queue,
			}, workflows.NightlyPipelineName, in.input)
			require.NoError(t, err)
			err = run.Get(ctx, nil)
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			require.Equal(t, "InvalidSpec", app.Type())
			require.Contains(t, app.Message(), in.says)
			if name != "incomplete inline" && name != "bad date" {
				require.Contains(t, app.Message(), `{"pipeline":"census"}`, "a valid example")
			}
		})
	}
	r := h.nocturne(t, "run", "nosuch")
	require.Equal(t, 1, r.code)
	require.Contains(t, r.stderr, "nocturne apply")
}

// TestTwoNightsAtOnce: the second is refused, the first ends as if nothing
// had been.
func TestTwoNightsAtOnce(t *testing.T) {
	t.Parallel()
	h := sharedHome(t)
	s := cut(t, "twice", 200)
	s.Synthesis.Off = true
	s.Labels.Scripted, s.Labels.Wait, s.Labels.Budget, s.Labels.Batch = nil, "2s", 4, 4
	c := h.client(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	first, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "twice-1", TaskQueue: workflows.Queue}, workflows.NightlyPipelineName, workflows.NightInput{Spec: &s})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return len(filesBelow(t, h.path("store", "nights", "twice"))) > 0
	}, 30*time.Second, 20*time.Millisecond, "the first night holds the pipeline")
	_, err = night(t, c, "twice-2", workflows.NightInput{Spec: &s})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, "AlreadyRunning", app.Type())
	require.Contains(t, app.Message(), "twice-1")
	require.NoError(t, first.Get(ctx, nil))
	require.True(t, h.published("twice"))
	requireClean(t, h, "twice")
	s.Labels.Wait = "0s"
	_, err = night(t, c, "twice-3", workflows.NightInput{Spec: &s})
	require.NoError(t, err)
}

// TestCancelledNight: cancelling lets nothing of the night stay.
func TestCancelledNight(t *testing.T) {
	t.Parallel()
	h := sharedHome(t)
	s := cut(t, "cancelled", 200)
	s.Synthesis.Off = true
	s.Labels.Scripted, s.Labels.Wait, s.Labels.Budget, s.Labels.Batch = nil, "5m", 4, 4
	c := h.client(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "cancelled", TaskQueue: workflows.Queue}, workflows.NightlyPipelineName, workflows.NightInput{Spec: &s})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return len(filesBelow(t, h.path("store", "runs", "cancelled"))) >= 3
	}, 30*time.Second, 20*time.Millisecond, "the run has a record, a key and copies")
	copies := copiesOf(t, h, "cancelled")
	require.NoError(t, c.CancelWorkflow(ctx, run.GetID(), run.GetRunID()))
	err = run.Get(ctx, nil)
	var cancelled *temporal.CanceledError
	require.ErrorAs(t, err, &cancelled)
	require.False(t, h.published("cancelled"))
	requireClean(t, h, "cancelled")
	for _, dir := range copies {
		require.Empty(t, filesBelow(t, dir), "sealed copies are gone")
	}

	s.Labels.Wait = "0s"
	_, err = night(t, c, "cancelled-again", workflows.NightInput{Spec: &s})
	require.NoError(t, err)
}

// copiesOf lists the artifacts that hold sealed copies of a pipeline's sources.
func copiesOf(t testing.TB, h *home, name string) []string {
	t.Helper()
	var out []string
	for _, f := range filesBelow(t, h.path("store", "runs", name)) {
		if filepath.Base(filepath.Dir(f)) != "snapshots" {
			continue
		}
		var ref store.Ref
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &ref))
		out = append(out, h.path("store", "artifacts", string(ref.Address[:2]), string(ref.Address)))
	}
	require.NotEmpty(t, out)
	return out
}

// TestBackfill applies a pipeline with a schedule and runs two past dates.
func TestBackfill(t *testing.T) {
	t.Parallel()
	h := sharedHome(t)
	s := newSmall(t, "backfilled")
	s.pipeline += "schedule: {at: \"03:30\", time_zone: Europe/Berlin}\n"
	h.must(t, "apply", s.write(t))
	d, err := h.client(t).ScheduleClient().GetHandle(context.Background(), "nocturne-backfilled").Describe(context.Background())
	require.NoError(t, err)
	require.Equal(t, "Europe/Berlin", d.Schedule.Spec.TimeZoneName)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, "03:30", d.Info.NextActionTimes[0].In(berlin).Format("15:04"))

	r := h.must(t, "backfill", "backfilled", "--from", "2026-03-28", "--to", "2026-03-29")
	require.Contains(t, r.stdout, "2026-03-28  version 2026-03-28-")
	require.Contains(t, r.stdout, "2026-03-29  version 2026-03-29-")
	versions := filesBelow(t, h.path("store", "datasets", "backfilled", "versions"))
	require.Len(t, versions, 2)
	require.Equal(t, "2026-03-29", h.version(t, "backfilled").Date)
}
