package e2e

import (
	"context"
	"testing"

	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"
)

// payload is one value in a workflow's history, decoded from what the server
// keeps.
type payload struct {
	workflow string
	event    string
	bytes    int // with its metadata, as it crosses the wire
	data     []byte
}

// payloads reads the histories of all workflows.
func payloads(t testing.TB, c client.Client) []payload {
	t.Helper()
	ctx := context.Background()
	var out []payload
	var token []byte
	for {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", NextPageToken: token})
		require.NoError(t, err)
		for _, w := range page.Executions {
			events := c.GetWorkflowHistory(ctx, w.Execution.WorkflowId, w.Execution.RunId, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			for events.HasNext() {
				e, err := events.Next()
				require.NoError(t, err)
				err = proxy.VisitPayloads(ctx, e, proxy.VisitPayloadsOptions{
					Visitor: func(_ *proxy.VisitPayloadsContext, ps []*common.Payload) ([]*common.Payload, error) {
						for _, p := range ps {
							out = append(out, payload{w.Execution.WorkflowId, e.EventType.String(), proto.Size(p), p.Data})
						}
						return ps, nil
					},
				})
				require.NoError(t, err)
			}
		}
		if token = page.NextPageToken; len(token) == 0 {
			return out
		}
	}
}

// largest returns the biggest payload.
func largest(ps []payload) (out payload) {
	for _, p := range ps {
		if p.bytes > out.bytes {
			out = p
		}
	}
	return out
}

// stagesOf asks a night for its stage table.
func stagesOf(t testing.TB, c client.Client, id string) []workflows.Stage {
	t.Helper()
	answer, err := c.QueryWorkflow(context.Background(), id, "", workflows.StagesQuery)
	require.NoError(t, err)
	var out []workflows.Stage
	require.NoError(t, answer.Get(&out))
	return out
}
