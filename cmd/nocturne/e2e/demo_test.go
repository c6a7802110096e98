package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
)

// TestDemo is a newcomer's first evening: the demo, then `up` on the same home,
// the pages, a few answers by keyboard, and another night from the Temporal
// UI's form. In the end everything is searched for raw identity values.
func TestDemo(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	r := h.must(t, append([]string{"demo"}, freePorts...)...)
	v := h.version(t, "census")
	folder := h.path("store", "datasets", "census", v.Version)

	t.Run("summary", func(t *testing.T) {
		for _, want := range []string{
			"people    48842    48842     0", "Parquet       " + folder, "Report        " + folder + "/report.html",
			"Temporal UI   http://127.0.0.1:", "Label page    http://127.0.0.1:", "labels: 120 asked, 120 answered, 60 open",
		} {
			require.Contains(t, r.stdout, want)
		}
		require.Contains(t, r.stderr, "done     publish", "the stages were shown")
	})
	t.Run("exactly the files of the manifest", func(t *testing.T) { checkVersionFolder(t, folder, v) })
	t.Run("verify", func(t *testing.T) { h.must(t, "verify", "census") })

	at := h.up(t)
	c := h.client(t)
	people := filepath.Join(folder, "data", "people")
	before, truth, tasks := column(t, people, "income_label"), column(t, people, "class"), rowTasks(t, people)
	tab := browser(t)
	answered := map[string]string{} // task -> what Ann says of it
	t.Run("pages", func(t *testing.T) {
		do(t, tab, "catalogue", chromedp.Navigate(at.Pages), says("Census income, de-identified"), says(v.Version))
		shoot(t, tab, "catalogue")
		do(t, tab, "report", chromedp.Navigate(at.Pages+"/datasets/census/"+v.Version+"/report.html"), says("people"))
		shoot(t, tab, "report")
		do(t, tab, "queues", chromedp.Navigate(at.Pages+"/label/"), says("120 of 180 done"))
		shoot(t, tab, "queues")
	})
	t.Run("answers by keyboard", func(t *testing.T) {
		do(t, tab, "sign in", chromedp.Navigate(at.Pages+"/label/census-income"),
			chromedp.WaitVisible(chromedp.CSS("#name")), chromedp.SendKeys(chromedp.CSS("#name"), "Ann"+kb.Enter))
		for i := range 5 {
			do(t, tab, "next task", until(`!!document.querySelector("#task:not([hidden])")?.dataset.task`))
			id, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.querySelector("#task").dataset.task`))
			require.NoError(t, err)
			require.NotContains(t, answered, id)
			row := slices.Index(tasks, id)
			require.NotEqual(t, -1, row, "the task names a published row")
			require.Empty(t, before[row])
			key := "1"
			if answered[id] = truth[row]; truth[row] == ">50K" {
				key = "2"
			}
			if i == 0 {
				shoot(t, tab, "label")
			}
			do(t, tab, "answer", chromedp.KeyEvent(key), until(fmt.Sprintf(`document.querySelector("#task").dataset.task !== %q`, id)))
		}
		q := activities.QueueClient{Client: c}
		require.Eventually(t, func() bool {
			var all []labeling.Answer
			answer, err := c.QueryWorkflow(context.Background(), activities.QueueID("census-income"), "", activities.QueueAnswers)
			if err != nil || answer.Get(&all) != nil {
				return false
			}
			mine := 0
			for _, a := range all {
				if a.Annotator == "Ann" && a.Label == answered[a.Task] {
					mine++
				}
			}
			return mine == len(answered)
		}, 30*time.Second, 100*time.Millisecond, "the queue has the answers")
		status, known, err := q.Status(context.Background(), "census-income")
		require.NoError(t, err)
		require.True(t, known)
		require.Equal(t, 120, status.Progress.Done, "an open task needs two annotators")
	})
	t.Run("a night from the form of the Temporal UI", func(t *testing.T) {
		startFromForm(t, tab, at, "from-the-form")
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		require.Eventually(t, func() bool {
			_, err := c.DescribeWorkflowExecution(ctx, "from-the-form", "")
			return err == nil
		}, 30*time.Second, 100*time.Millisecond, "the button starts the night")
		var out workflows.NightResult
		require.NoError(t, c.GetWorkflow(ctx, "from-the-form", "").Get(ctx, &out))
		require.Equal(t, "census", out.Pipeline)
		d, err := c.DescribeWorkflowExecution(ctx, "from-the-form", "")
		require.NoError(t, err)
		require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, d.WorkflowExecutionInfo.Status)
		run := d.WorkflowExecutionInfo.Execution.RunId
		do(t, tab, "page of the night", chromedp.Navigate(fmt.Sprintf("%s/namespaces/default/workflows/from-the-form/%s/history", at.UI, run)), says("Completed"))
		shoot(t, tab, "workflow-history")
		do(t, tab, "stage table", chromedp.Navigate(fmt.Sprintf("%s/namespaces/default/workflows/from-the-form/%s/user-metadata", at.UI, run)),
			// The UI renders Markdown in a frame of its own.
			until(`["evaluate", "publish", "48,842"].every((w) => document.querySelector("#user-metadata-current-details")?.contentDocument?.body?.innerText.includes(w))`))
		shoot(t, tab, "workflow-stages")
	})
	t.Run("the next night publishes the labels", func(t *testing.T) {
		after := h.version(t, "census")
		path := h.path("store", "datasets", "census", after.Version, "data", "people")
		labels := column(t, path, "income_label")
		require.Len(t, labels, len(before))
		require.Equal(t, tasks, rowTasks(t, path))
		agreed := 0
		for task, said := range answered {
			label := labels[slices.Index(tasks, task)]
			require.NotEmpty(t, label, "the row that Ann judged has a label")
			if label == said {
				agreed++
			}
		}
		// A second annotator, who errs in 8 of 100, may outvote her.
		require.GreaterOrEqual(t, agreed, 3)
		checkVersionFolder(t, h.path("store", "datasets", "census", after.Version), after)
	})
	t.Run("schedule", func(t *testing.T) {
		d, err := c.ScheduleClient().GetHandle(context.Background(), "nocturne-census").Describe(context.Background())
		require.NoError(t, err)
		require.Equal(t, "Etc/UTC", d.Schedule.Spec.TimeZoneName)
		require.Equal(t, 6*time.Hour, d.Schedule.Policy.CatchupWindow)
		require.Equal(t, enums.SCHEDULE_OVERLAP_POLICY_SKIP, d.Schedule.Policy.Overlap)
		require.True(t, d.Schedule.Policy.PauseOnFailure)
		require.False(t, d.Schedule.State.Paused)
		require.NotEmpty(t, d.Info.NextActionTimes)
	})
	t.Run("no raw identity value", func(t *testing.T) {
		layOut(t)
		f := newFinder(identities(t, example.people))
		for _, p := range payloads(t, c) {
			require.Empty(t, f.find(p.data), "payload of %s in %s", p.event, p.workflow)
		}
		h.stop(t)
		searchHome(t, h, f)
		checkNotes(t, example.people, column(t, filepath.Join(folder, "data", "people"), "note"))
	})
}

// checkVersionFolder holds the folder to the version's record and to the
// dataset's own manifest: these files, these bytes, no others.
func checkVersionFolder(t testing.TB, folder string, v activities.Version) {
	t.Helper()
	var have []string
	for _, f := range filesBelow(t, folder) {
		name, err := filepath.Rel(folder, f)
		require.NoError(t, err)
		have = append(have, filepath.ToSlash(name))
	}
	want := []string{"openlineage.jsonl"} // names the run, so it is not part of the content
	for _, f := range v.Files {
		want = append(want, f.Name)
		require.Equal(t, string(f.SHA256), sha256File(t, filepath.Join(folder, filepath.FromSlash(f.Name))), f.Name)
	}
	require.ElementsMatch(t, want, have)
	var manifest struct {
		Files []struct {
			Path   string `json:"path"`
			SHA256 string `json:"sha256"`
		} `json:"files"`
	}
	data, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &manifest))
	listed := map[string]string{}
	for _, f := range manifest.Files {
		listed[f.Path] = f.SHA256
	}
	require.Equal(t, digests(v), listed, "manifest.json lists the Parquet files")
}

// startFromForm starts a night as a person does: the form, an id, {} and Start.
func startFromForm(t testing.TB, tab context.Context, at endpoints, id string) {
	t.Helper()
	const editor = `[data-language="json"][contenteditable="true"]`
	do(t, tab, "form", chromedp.Navigate(at.UI+"/namespaces/default/workflows/start-workflow?taskQueue=nocturne&workflowType=nightly_pipeline"),
		chromedp.WaitVisible(chromedp.CSS("#workflowId")),
		until(`document.querySelector("#taskQueue").value === "nocturne" && document.querySelector("#workflowType").value === "nightly_pipeline"`),
		// The form fills in the newest run's input; wait so as not to be overwritten.
		until(fmt.Sprintf(`document.querySelector(%q).innerText.trim() === "{}"`, editor)),
		chromedp.SendKeys(chromedp.CSS("#workflowId"), id),
		chromedp.Click(chromedp.CSS(editor)),
	)
	do(t, tab, "input",
		chromedp.KeyEvent("a", chromedp.KeyModifiers(2)), chromedp.KeyEvent(kb.Delete),
		until(fmt.Sprintf(`document.querySelector(%q).innerText.trim() === ""`, editor)),
		chromedp.KeyEvent("{"), chromedp.KeyEvent("}"),
		until(fmt.Sprintf(`document.querySelector(%q).innerText.trim() === "{}"`, editor)),
	)
	shoot(t, tab, "start-form")
	do(t, tab, "start", until(`!document.querySelector('[data-testid="start-workflow-button"]').disabled`),
		chromedp.Click(chromedp.CSS(`[data-testid="start-workflow-button"]`)))
}

// rowTasks are the task ids of a published table's rows: the queue names a row
// by the key of its table.
func rowTasks(t testing.TB, path string) []string {
	t.Helper()
	ids := column(t, path, "person_id")
	for i, id := range ids {
		ids[i] = labeling.TaskID("row", "people", id)
	}
	return ids
}

func sha256File(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
