package workflows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"go.temporal.io/sdk/temporal"
)

// DefaultPipeline is what `{}` runs.
const DefaultPipeline = "census"

// NightInput starts a night. `{}` runs the example pipeline, which
// `nocturne up` stores.
type NightInput struct {
	// Pipeline names a stored pipeline.
	Pipeline string `json:"pipeline,omitempty"`
	// Spec is a whole pipeline given in place of a stored one.
	Spec *pipeline.Spec `json:"spec,omitempty"`
	// Date is the data date, YYYY-MM-DD. Empty = the day the night
	// was due, in the schedule's time zone.
	Date string `json:"date,omitempty"`

	fault string // what was wrong with the JSON; reported by the workflow
}

// UnmarshalJSON refuses unknown fields. A decoding error would leave the
// workflow retrying for ever, so the fault is kept and the workflow fails with
// it.
func (in *NightInput) UnmarshalJSON(data []byte) error {
	type plain NightInput
	var p plain
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		*in = NightInput{fault: err.Error()}
		return nil
	}
	*in = NightInput(p)
	return nil
}

func (in NightInput) check() error {
	if in.fault == "" && in.Pipeline != "" && in.Spec != nil {
		in.fault = "pipeline and spec exclude each other"
	}
	if in.fault == "" && in.Date != "" {
		if _, err := time.Parse(time.DateOnly, in.Date); err != nil {
			in.fault = "date must have the form 2026-11-24"
		}
	}
	if in.fault == "" {
		return nil
	}
	return temporal.NewNonRetryableApplicationError(
		fmt.Sprintf("input of nightly_pipeline: %s; valid examples: {} or %s or {\"pipeline\":\"census\",\"date\":\"2026-11-24\"}", in.fault, pipeline.Example),
		activities.InvalidSpec, nil)
}

// failureType is the name of what went wrong, without its message: the stage
// table is for everyone who may look.
func failureType(err error) string {
	var app *temporal.ApplicationError
	switch {
	case errors.As(err, &app) && app.Type() != "":
		return app.Type()
	case temporal.IsCanceledError(err):
		return "cancelled"
	case temporal.IsTimeoutError(err):
		return "timed out"
	}
	return "failed"
}
