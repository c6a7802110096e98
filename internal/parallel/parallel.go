// Package parallel splits work by blocks of rows and puts results back in
// block order, so that no output depends on how many workers ran.
package parallel

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
)

// BlockRows is the unit of work everywhere: this many consecutive rows. Random
// streams are seeded per block and partial sums are added in block order.
const BlockRows = 65536

// Workers returns n if it is positive, else the number of usable processors.
func Workers(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// Stream runs a three-stage pipeline: next is called by one goroutine and
// returns io.EOF at the end; f runs on up to workers goroutines; emit receives
// the results in input order on the caller's goroutine. At most 2*workers
// items are in flight. The first error stops everything and is returned; when
// several occur, the one with the lowest index wins.
func Stream[I, O any](
	ctx context.Context, workers int,
	next func(ctx context.Context) (I, error),
	f func(ctx context.Context, i int, in I) (O, error),
	emit func(i int, out O) error,
) error {
	workers = Workers(workers)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	type result struct {
		out O
		err error
	}
	type job struct {
		i    int
		in   I
		err  error
		done chan result
	}
	jobs := make(chan job)
	order := make(chan job, workers) // bounds the results waiting for emit
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer close(jobs)
		defer close(order)
		for i := 0; ; i++ {
			if ctx.Err() != nil {
				return
			}
			in, err := next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			j := job{i: i, in: in, err: err, done: make(chan result, 1)}
			select {
			case order <- j:
			case <-ctx.Done():
				return
			}
			if err != nil {
				j.done <- result{err: err}
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range jobs {
				out, err := f(ctx, j.i, j.in)
				j.done <- result{out: out, err: err}
			}
		}()
	}
	defer wg.Wait()
	defer cancel()
	for j := range order {
		select {
		case r := <-j.done:
			if r.err != nil {
				return r.err
			}
			if err := emit(j.i, r.out); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// Ordered runs f for 0..n-1 on up to workers goroutines and hands the results
// to reduce in index order. It is Stream over a known number of parts.
func Ordered[T any](
	ctx context.Context, n, workers int,
	f func(ctx context.Context, i int) (T, error),
	reduce func(i int, v T) error,
) error {
	at := 0
	next := func(context.Context) (int, error) {
		if at == n {
			return 0, io.EOF
		}
		at++
		return at - 1, nil
	}
	return Stream(ctx, workers, next, func(ctx context.Context, _, i int) (T, error) { return f(ctx, i) }, reduce)
}
