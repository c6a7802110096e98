package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/cmd/nocturne/web"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/labeling"
)

// pages serves the catalogue and the label page over the platform.
func pages(p *platform, client activities.QueueClient) http.Handler {
	opt := web.Options{
		Links: []web.Link{{Title: "Temporal", URL: p.temporal.UI()}},
		Fault: func(operation string, err error) { p.fault(operation, err) },
	}
	mux := http.NewServeMux()
	label := web.LabelHandler(queues{client}, opt)
	mux.Handle("/label/", label)
	mux.Handle("/label", http.RedirectHandler("/label/", http.StatusMovedPermanently))
	mux.Handle("/", web.CatalogueHandler(catalogue{p.store}, opt))
	return mux
}

// queues implements the label page's queues over Updates and Queries.
type queues struct{ client activities.QueueClient }

func (q queues) List(ctx context.Context) ([]web.QueueInfo, error) {
	records, err := q.client.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []web.QueueInfo
	for _, r := range records {
		status, known, err := q.client.Status(ctx, r.Name)
		if err != nil {
			return nil, err
		}
		if !known {
			continue
		}
		info := web.QueueInfo{Name: r.Name, Title: r.Title, Question: r.Question, Guidelines: r.Guidelines, Progress: status.Progress}
		for _, c := range r.Choices {
			info.Classes = append(info.Classes, labeling.Choice{Value: c})
		}
		out = append(out, info)
	}
	return out, nil
}

func (q queues) Lease(ctx context.Context, queue, annotator string, n int) ([]labeling.Lease, error) {
	var out activities.LeasedTasks
	err := q.update(ctx, queue, activities.QueueLease, activities.LeaseTasks{Annotator: annotator, Count: n}, &out)
	return out.Leases, err
}

func (q queues) Answer(ctx context.Context, queue, annotator, task, label string) error {
	return q.update(ctx, queue, activities.QueueAnswer, activities.AnswerTasks{
		Annotator: annotator, Answers: []activities.TaskAnswer{{Task: task, Label: label}},
	}, nil)
}

func (q queues) Skip(ctx context.Context, queue, annotator, task string) error {
	return q.update(ctx, queue, activities.QueueSkip, activities.TaskOf{Annotator: annotator, Task: task}, nil)
}

func (q queues) Undo(ctx context.Context, queue, annotator string) (labeling.Lease, error) {
	var out activities.LeasedTasks
	err := q.update(ctx, queue, activities.QueueUndo, activities.TaskOf{Annotator: annotator}, &out)
	if err != nil || len(out.Leases) == 0 {
		return labeling.Lease{}, err
	}
	return out.Leases[0], nil
}

func (q queues) Release(ctx context.Context, queue, annotator, task string) error {
	return q.update(ctx, queue, activities.QueueRelease, activities.TaskOf{Annotator: annotator, Task: task}, nil)
}

func (q queues) Progress(ctx context.Context, queue string) (labeling.Progress, error) {
	status, known, err := q.client.Status(ctx, queue)
	if err == nil && !known {
		err = web.ErrNoQueue
	}
	return status.Progress, err
}

func (q queues) Task(ctx context.Context, queue, id string) (labeling.Task, error) {
	t, err := q.client.Task(ctx, queue, id)
	if errors.Is(err, store.ErrNotFound) {
		err = errors.Join(labeling.ErrUnknownTask, err)
	}
	return t, err
}

// refusals are the errors of the queue, which lose their identity on the way
// through Temporal and get it back by their text.
var refusals = []error{
	labeling.ErrInvalid, labeling.ErrUnknownTask, labeling.ErrWrongLabel, labeling.ErrNotLeased, labeling.ErrLeaseExpired,
	labeling.ErrAlreadyAnswered, labeling.ErrTaskFull, labeling.ErrNothingToUndo, labeling.ErrTooMany, labeling.ErrDuplicate,
}

func (q queues) update(ctx context.Context, queue, name string, arg, result any) error {
	err := q.client.Update(ctx, queue, name, arg, result)
	if err == nil {
		return nil
	}
	for _, known := range refusals {
		if strings.Contains(err.Error(), known.Error()) {
			return errors.Join(known, err)
		}
	}
	return err
}

// catalogue lists the published versions in a store.
type catalogue struct{ st *store.Store }

func (c catalogue) List(ctx context.Context) ([]web.Dataset, error) {
	versions, err := publishedVersions(ctx, c.st)
	if err != nil {
		return nil, err
	}
	out := make([]web.Dataset, 0, len(versions))
	for _, v := range versions {
		published, err := time.Parse(time.DateOnly, v.Date)
		if err != nil {
			return nil, err
		}
		d := web.Dataset{Name: v.Dataset, Version: v.Version, Description: v.Title, Published: published, Rows: v.Rows, Verdict: v.Verdict, Passed: v.Passed}
		for _, f := range v.Files {
			d.Files = append(d.Files, web.FileInfo{Path: f.Name, Bytes: f.Size})
		}
		out = append(out, d)
	}
	return out, nil
}

// publishedVersions reads the version records of all datasets, newest first.
func publishedVersions(ctx context.Context, st *store.Store) ([]activities.Version, error) {
	keys, err := st.List(ctx, "datasets/")
	if err != nil {
		return nil, err
	}
	var out []activities.Version
	for _, k := range keys {
		parts := strings.Split(k, "/")
		if len(parts) != 4 || parts[2] != "versions" {
			continue
		}
		var v activities.Version
		if err := st.GetJSON(ctx, k, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Version > out[j].Version })
	return out, nil
}

func (c catalogue) Open(ctx context.Context, dataset, version, file string) (web.DatasetFile, error) {
	var v activities.Version
	err := c.st.GetJSON(ctx, activities.VersionKey(dataset, version), &v)
	if errors.Is(err, store.ErrNotFound) {
		return web.DatasetFile{}, fs.ErrNotExist
	}
	if err != nil {
		return web.DatasetFile{}, err
	}
	for _, f := range v.Files {
		if f.Name != file {
			continue
		}
		open, err := c.st.OpenEntry(ctx, f)
		if err != nil {
			return web.DatasetFile{}, err
		}
		return web.DatasetFile{Body: struct {
			io.ReadSeeker
			io.Closer
		}{open.Reader(), open}, Bytes: f.Size}, nil
	}
	return web.DatasetFile{}, fs.ErrNotExist
}
