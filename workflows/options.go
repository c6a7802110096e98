package workflows

import (
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Task queues. Workflow tasks must be answered within seconds, so they do not
// share slots with activities that compute for minutes.
const (
	// Queue takes workflow tasks and light activities.
	Queue = "nocturne"
	// ComputeQueue takes activities that read, transform or fit rows.
	ComputeQueue = "nocturne-compute"
)

// The activity option presets: every activity runs under one of these.

// light is for lookups and small records.
func light(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           Queue,
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         retries(manyWorkers),
		Summary:             summary,
	})
}

// compute is for work on rows: hours at most, and a lost worker is noticed
// within a minute because the step helper heartbeats every half second.
func compute(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           ComputeQueue,
		StartToCloseTimeout: 6 * time.Hour,
		HeartbeatTimeout:    30 * time.Second,
		WaitForCancellation: true,
		RetryPolicy:         retries(manyWorkers),
		Summary:             summary,
	})
}

// waiting is for activities that wait for people. They hold no compute slot.
func waiting(ctx workflow.Context, summary string, bound time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           Queue,
		StartToCloseTimeout: bound + 10*time.Minute,
		HeartbeatTimeout:    30 * time.Second,
		RetryPolicy:         retries(manyWorkers),
		Summary:             summary,
	})
}

// housekeeping is for work that the next night does if this one cannot.
func housekeeping(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              Queue,
		ScheduleToCloseTimeout: 10 * time.Minute,
		HeartbeatTimeout:       30 * time.Second,
		RetryPolicy:            retries(2),
		Summary:                summary,
	})
}

// durable is for small writes that must not be given up: what they carry is
// nowhere else.
func durable(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           Queue,
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{MaximumInterval: time.Minute},
		Summary:             summary,
	})
}

// manyWorkers bounds attempts that end with their worker: a machine that is
// killed again and again must not fail a night. A step's own errors end it after
// a few attempts, see activities/step.go.
const manyWorkers = 50

func retries(attempts int32) *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval:        time.Second,
		BackoffCoefficient:     2,
		MaximumInterval:        time.Minute,
		MaximumAttempts:        attempts,
		NonRetryableErrorTypes: activities.NonRetryableTypes(),
	}
}
