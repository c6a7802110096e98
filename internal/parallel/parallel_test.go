package parallel

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOrderedKeepsOrderOnAnyWorkers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		workers := rapid.IntRange(1, 9).Draw(t, "workers")
		var got []int
		err := Ordered(context.Background(), n, workers,
			func(_ context.Context, i int) (int, error) { return i * i, nil },
			func(i, v int) error { require.Equal(t, i*i, v); got = append(got, i); return nil })
		require.NoError(t, err)
		require.Len(t, got, n)
		for i, v := range got {
			require.Equal(t, i, v)
		}
	})
}

func TestFirstErrorByIndexWins(t *testing.T) {
	t.Parallel()
	early, late := errors.New("early"), errors.New("late")
	for range 50 {
		err := Ordered(context.Background(), 10, 4,
			func(_ context.Context, i int) (int, error) {
				switch i {
				case 3:
					time.Sleep(time.Millisecond)
					return 0, early
				case 4:
					return 0, late
				}
				return i, nil
			},
			func(int, int) error { return nil })
		require.ErrorIs(t, err, early)
	}
}

func TestStreamBoundsItemsInFlight(t *testing.T) {
	t.Parallel()
	const workers = 3
	var pulled, emitted atomic.Int64
	next := func(context.Context) (int, error) {
		if pulled.Load() == 200 {
			return 0, io.EOF
		}
		n := pulled.Add(1)
		require.LessOrEqual(t, n-emitted.Load(), int64(2*workers+3))
		return int(n), nil
	}
	err := Stream(context.Background(), workers, next,
		func(_ context.Context, _, in int) (int, error) { return in, nil },
		func(_, _ int) error { time.Sleep(100 * time.Microsecond); emitted.Add(1); return nil })
	require.NoError(t, err)
	require.EqualValues(t, 200, emitted.Load())
}

func TestStreamStopsOnReaderErrorEmitErrorAndCancel(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	one := func(_ context.Context, _, in int) (int, error) { return in, nil }
	calls := 0
	err := Stream(context.Background(), 2, func(context.Context) (int, error) {
		if calls++; calls == 4 {
			return 0, boom
		}
		return calls, nil
	}, one, func(int, int) error { return nil })
	require.ErrorIs(t, err, boom)

	err = Ordered(context.Background(), 100, 2, func(_ context.Context, i int) (int, error) { return i, nil },
		func(i, _ int) error {
			if i == 5 {
				return boom
			}
			return nil
		})
	require.ErrorIs(t, err, boom)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = Ordered(ctx, 100, 2, func(_ context.Context, i int) (int, error) { return i, nil }, func(int, int) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
}
