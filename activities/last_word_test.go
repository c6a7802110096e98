package activities

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// A step's own errors end its retries; outside an activity nothing changes.
func TestAStepSaysItsLastWord(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	a := &Activities{}
	fails := func(ctx context.Context) error {
		return a.run(ctx, "step", &meter{}, func(context.Context) error { return boom })
	}
	var app *temporal.ApplicationError
	require.ErrorAs(t, fails(t.Context()), &app)
	require.False(t, app.NonRetryable())

	var s testsuite.WorkflowTestSuite
	env := s.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(fails, activity.RegisterOptions{Name: "fails"})
	_, err := env.ExecuteActivity("fails")
	require.ErrorAs(t, err, &app)
	require.False(t, app.NonRetryable(), "the first attempt is tried again")

	late := lastWordAt(tries, temporal.NewApplicationError("boom", ""))
	require.ErrorAs(t, late, &app)
	require.True(t, app.NonRetryable())
	early := lastWordAt(tries-1, temporal.NewApplicationError("boom", ""))
	require.ErrorAs(t, early, &app)
	require.False(t, app.NonRetryable())
	require.ErrorIs(t, lastWordAt(tries, context.Canceled), context.Canceled)
}
