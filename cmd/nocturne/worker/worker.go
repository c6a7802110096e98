// Package worker wires activities and workflows to a Temporal client.
package worker

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/workflows"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
)

// Options of one worker process.
type Options struct {
	Client     client.Client
	Activities *activities.Activities
	// Slots is how many compute activities run at once; 0 = one a processor.
	Slots int
	// Queues to serve: "workflows", "compute"; nil = both.
	Queues []string
}

// Worker is a running worker process.
type Worker struct{ workers []worker.Worker }

// heartbeats pass at this pace at most: it is what progress bars show.
const heartbeatPace = 400 * time.Millisecond

// stopTime is how long a stopping worker waits for activities to let go.
const stopTime = 5 * time.Second

// softMemory is what the garbage collector aims at where GOMEMLIMIT does not say
// otherwise. Blocks in flight are short-lived: without an aim their garbage
// doubles the process, with one it is collected sooner, and the night stays
// within a gigabyte. It is no bound: a step that needs more gets it.
const softMemory = 768 << 20

// Start begins to poll. Workflow tasks and compute-heavy activities have
// queues and slots of their own: a workflow task that waits behind a fit would
// time out.
func Start(opt Options) (*Worker, error) {
	queues := opt.Queues
	if len(queues) == 0 {
		queues = []string{"workflows", "compute"}
	}
	slots := opt.Slots
	if slots <= 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
	out := &Worker{}
	for _, q := range queues {
		var w worker.Worker
		switch q {
		case "workflows":
			w = worker.New(opt.Client, workflows.Queue, worker.Options{
				DisableRegistrationAliasing:        true,
				MaxConcurrentActivityExecutionSize: 64,
				MaxHeartbeatThrottleInterval:       heartbeatPace,
				WorkerStopTimeout:                  stopTime,
			})
			workflows.Register(w)
		case "compute":
			w = worker.New(opt.Client, workflows.ComputeQueue, worker.Options{
				DisableWorkflowWorker:              true,
				MaxConcurrentActivityExecutionSize: slots,
				MaxHeartbeatThrottleInterval:       heartbeatPace,
				WorkerStopTimeout:                  stopTime,
			})
		default:
			out.Stop()
			return nil, fmt.Errorf("worker: no queue %q; there are workflows and compute", q)
		}
		w.RegisterActivityWithOptions(opt.Activities, activity.RegisterOptions{})
		if err := w.Start(); err != nil {
			out.Stop()
			return nil, fmt.Errorf("worker: %w", err)
		}
		out.workers = append(out.workers, w)
	}
	return out, nil
}

// Stop lets running activities go and stops polling.
func (w *Worker) Stop() {
	for i := len(w.workers) - 1; i >= 0; i-- {
		w.workers[i].Stop()
	}
}
