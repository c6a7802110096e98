package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// The workflow types, as the Temporal UI shows and starts them.
const (
	NightlyPipelineName = "nightly_pipeline"
	TableNightName      = "table_night"
	LabelQueueName      = "label_queue"
)

// Register tells a worker, or a replayer, all workflow types. Both must be
// built from this one list.
func Register(w interface {
	RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions)
},
) {
	w.RegisterWorkflowWithOptions(NightlyPipeline, workflow.RegisterOptions{Name: NightlyPipelineName})
	w.RegisterWorkflowWithOptions(TableNight, workflow.RegisterOptions{Name: TableNightName})
	w.RegisterWorkflowWithOptions(LabelQueue, workflow.RegisterOptions{Name: LabelQueueName})
}

// Replayer returns a replayer that knows every workflow as a worker does.
func Replayer() (worker.WorkflowReplayer, error) {
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DataConverter:               converter.GetDefaultDataConverter(),
		DisableRegistrationAliasing: true,
	})
	if err != nil {
		return nil, err
	}
	Register(r)
	return r, nil
}
