package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/store"
)

// stepper runs the steps of a night one after the other, without Temporal, and
// prints what each cost.
type stepper struct {
	a    *activities.Activities
	rows int64
}

// steps runs the night of the first table of a pipeline in a store of its own.
func steps(ctx context.Context, file, profile string) error {
	spec, err := pipeline.Load(file)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "nightscale")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	st, err := store.Open(ctx, dir+"/store")
	if err != nil {
		return err
	}
	defer st.Close()
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	s := &stepper{a: activities.New(activities.Config{Store: st, Keys: dir + "/keys.json", MakeKeys: true})}
	return s.run(ctx, &spec)
}

func (s *stepper) run(ctx context.Context, spec *pipeline.Spec) error {
	table := spec.Tables[0].Name
	plan, err := timed(s, "plan", func() (activities.Plan, error) {
		return s.a.Plan(ctx, activities.PlanInput{Spec: spec, At: time.Unix(0, 0), Night: "steps", Run: "steps"})
	})
	if err != nil {
		return err
	}
	in, err := timed(s, "ingest", func() (activities.IngestResult, error) {
		return s.a.Ingest(ctx, activities.IngestInput{Plan: plan, Tables: []string{table}})
	})
	if err != nil {
		return err
	}
	snap := in.Snapshots[0]
	s.rows = snap.Rows
	found, err := timed(s, "detect", func() (activities.DetectResult, error) {
		return s.a.Detect(ctx, activities.DetectInput{Plan: plan, Snapshot: snap})
	})
	if err != nil {
		return err
	}
	decided, err := timed(s, "decide", func() (activities.DecideResult, error) {
		return s.a.Decide(ctx, activities.DecideInput{Plan: plan, Snapshot: snap, Report: found.Report})
	})
	if err != nil {
		return err
	}
	keys, err := timed(s, "check", func() (activities.CheckResult, error) {
		return s.a.Check(ctx, activities.CheckInput{Plan: plan, Snapshot: snap, Decision: decided.Decision})
	})
	if err != nil {
		return err
	}
	shards := plan.Shards(snap.Rows)
	if _, err = timed(s, "de-identify", func() (activities.ProtectResult, error) {
		return s.a.Protect(ctx, activities.ProtectInput{Plan: plan, Snapshot: snap, Decision: decided.Decision, Broken: keys.Broken, Last: shards})
	}); err != nil {
		return err
	}
	protected, err := timed(s, "assemble", func() (activities.Protected, error) {
		return s.a.Assemble(ctx, activities.AssembleInput{Plan: plan, Snapshot: snap, Decision: decided.Decision, Broken: keys.Broken, Shards: shards})
	})
	if err != nil {
		return err
	}
	protected.Report = found.Report
	if _, err = timed(s, "prove", func() (activities.ProveResult, error) {
		return s.a.Prove(ctx, activities.ProveInput{Plan: plan, Protected: protected, Last: shards})
	}); err != nil || !plan.Twins {
		return err
	}
	family := []activities.Protected{protected}
	fit, err := timed(s, "fit", func() (activities.FitResult, error) {
		return s.a.Fit(ctx, activities.FitInput{Plan: plan, Tables: family})
	})
	if err != nil {
		return err
	}
	twin, err := timed(s, "sample", func() (activities.SampleResult, error) {
		return s.a.Sample(ctx, activities.SampleInput{Plan: plan, Tables: family, Models: fit.Models})
	})
	if err != nil {
		return err
	}
	_, err = timed(s, "evaluate", func() (activities.Evaluation, error) {
		return s.a.Evaluate(ctx, activities.EvaluateInput{Plan: plan, Protected: protected, Twin: twin.Twins[0]})
	})
	return err
}

// timed prints the processor time of one step and the peak memory so far.
func timed[T any](s *stepper, name string, f func() (T, error)) (T, error) {
	from, cpu := time.Now(), processor()
	out, err := f()
	used, wall := processor()-cpu, time.Since(from)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Printf("%-12s %8.2f CPU s %8.2f s %12.0f rows/CPU s   peak %5d MiB, heap %5d MiB\n", name,
		used.Seconds(), wall.Seconds(), float64(s.rows)/used.Seconds(), peak()>>20, m.HeapAlloc>>20)
	return out, err
}

func usage() syscall.Rusage {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return u
}

func processor() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest resident size so far, in bytes.
func peak() int64 { return usage().Maxrss << 10 }
