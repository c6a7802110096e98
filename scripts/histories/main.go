// Histories records the histories of a night, of its tables and of its label
// queues from a running Temporal, for the replay tests:
//
//	nocturne demo --stay --home DIR
//	go run ./scripts/histories --address HOST:PORT --scenario census --night ID
//
// It writes workflows/testdata/histories/TYPE/SCENARIO[-N].json. Names of
// machines and processes are left out; nothing that a replay looks at is.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/nocturne-data/nocturne/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"
)

func main() {
	address := flag.String("address", "127.0.0.1:7233", "Temporal frontend")
	scenario := flag.String("scenario", "", "name of the files")
	night := flag.String("night", "", "workflow id of the night; empty = queues alone")
	out := flag.String("out", "workflows/testdata/histories", "folder")
	flag.Parse()
	if *scenario == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := record(context.Background(), *address, *scenario, *night, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func record(ctx context.Context, address, scenario, night, out string) error {
	c, err := client.Dial(client.Options{HostPort: address})
	if err != nil {
		return err
	}
	defer c.Close()
	query := fmt.Sprintf("WorkflowType = '%s'", workflows.LabelQueueName)
	if night != "" {
		query += fmt.Sprintf(" OR WorkflowId STARTS_WITH '%s'", night)
	}
	list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query})
	if err != nil {
		return err
	}
	count := map[string]int{}
	for _, e := range list.Executions {
		kind := e.Type.Name
		name := scenario + ".json"
		if count[kind]++; count[kind] > 1 {
			name = fmt.Sprintf("%s-%d.json", scenario, count[kind])
		}
		if err := save(ctx, c, e.Execution.WorkflowId, e.Execution.RunId, filepath.Join(out, kind, name)); err != nil {
			return fmt.Errorf("%s: %w", e.Execution.WorkflowId, err)
		}
	}
	return nil
}

// who names machines and processes.
var who = regexp.MustCompile(`("identity": ?)"[^"]*"`)

func save(ctx context.Context, c client.Client, id, run, path string) error {
	var h history.History
	for it := c.GetWorkflowHistory(ctx, id, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
		e, err := it.Next()
		if err != nil {
			return err
		}
		h.Events = append(h.Events, e)
	}
	text, err := protojson.Marshal(&h)
	if err != nil {
		return err
	}
	// protojson varies its spaces on purpose; the file should not.
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", " "); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(who.ReplaceAll(b.Bytes(), []byte(`$1"worker"`)), '\n'), 0o644)
}
