package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/labeling"
)

// LabelHandler serves the label page below /label/: the list of queues, the page
// of one queue, and the calls that its script makes.
//
//	GET  /label/                 queues
//	GET  /label/{queue}          the page; asks for the annotator's name first
//	POST /label/{queue}/name     {"name"}; an empty name forgets it
//	POST /label/{queue}/next     {"n","have":[ids]} -> {"tasks","progress"}
//	POST /label/{queue}/answer   {"task","label"} -> {"progress"}
//	POST /label/{queue}/skip     {"task"} -> {"progress"}
//	POST /label/{queue}/undo     {} -> {"tasks":[one],"progress"}
//	POST /label/{queue}/release  {"tasks":[ids]} -> {"progress"}
//
// Calls are JSON, same-origin only, and speak for the annotator whose name the
// cookie holds. Gold answers, slices and the machine's guesses about rows never
// reach the page: they would tell people what to say.
func LabelHandler(queues Queues, opt Options) http.Handler {
	l := &labels{queues: queues, opt: opt}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /label/{$}", l.list)
	mux.HandleFunc("GET /label/{queue}", l.page)
	mux.HandleFunc("GET /label/assets/{name}", asset)
	mux.HandleFunc("POST /label/{queue}/name", l.name)
	for name, call := range map[string]call{
		"next": l.next, "answer": l.answer, "skip": l.skip, "undo": l.undo, "release": l.release,
	} {
		mux.HandleFunc("POST /label/{queue}/"+name, l.serve(name, call))
	}
	mux.HandleFunc("/label/", func(w http.ResponseWriter, _ *http.Request) {
		opt.message(w, http.StatusNotFound, "Not here", "There is no such page.")
	})
	return guard(opt, mux)
}

type labels struct {
	queues Queues
	opt    Options
}

const nameCookie = "nocturne_annotator"

// annotator reads the name from the cookie; "" when there is none or it is not
// one.
func annotator(r *http.Request) string {
	c, err := r.Cookie(nameCookie)
	if err != nil {
		return ""
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil || labeling.ValidateAnnotator(name) != nil {
		return ""
	}
	return name
}

func (l *labels) list(w http.ResponseWriter, r *http.Request) {
	list, err := l.queues.List(r.Context())
	if err != nil {
		l.opt.fault("list queues", err)
		l.opt.message(w, http.StatusBadGateway, "Labels", "The queues cannot be listed right now. Is the worker running?")
		return
	}
	l.opt.render(w, http.StatusOK, "queues.html", view{Title: "Label queues", Here: "labels", Data: list})
}

func (l *labels) page(w http.ResponseWriter, r *http.Request) {
	list, err := l.queues.List(r.Context())
	if err != nil {
		l.opt.fault("list queues", err)
		l.opt.message(w, http.StatusBadGateway, "Labels", "The queue does not answer right now. Is the worker running?")
		return
	}
	i := slices.IndexFunc(list, func(q QueueInfo) bool { return q.Name == r.PathValue("queue") })
	if i < 0 {
		l.opt.message(w, http.StatusNotFound, "No such queue", "This queue is closed or never was. The open ones are listed under Labels.")
		return
	}
	q := list[i]
	l.opt.render(w, http.StatusOK, "label.html", view{Title: q.Title, Here: "labels", Data: struct {
		QueueInfo
		Annotator  string
		Paragraphs []string
		MaxName    int
	}{q, annotator(r), paragraphs(q.Guidelines), labeling.MaxAnnotator}})
}

func paragraphs(text string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// request is the body of any call.
type request struct {
	Name  string   `json:"name"`
	N     int      `json:"n"`
	Have  []string `json:"have"`
	Task  string   `json:"task"`
	Tasks []string `json:"tasks"`
	Label string   `json:"label"`
}

// response is the body of any reply.
type response struct {
	Tasks    []shown   `json:"tasks,omitempty"`
	Progress *standing `json:"progress,omitempty"`
	Error    *problem  `json:"error,omitempty"`
}

// shown is a task as the page sees it.
type shown struct {
	ID       string            `json:"id"`
	Seconds  float64           `json:"seconds"` // left of the lease
	Known    bool              `json:"known,omitempty"`
	Kind     labeling.Kind     `json:"kind,omitempty"`
	Title    string            `json:"title,omitempty"`
	Fields   []labeling.Field  `json:"fields,omitempty"`
	Guesses  []labeling.Guess  `json:"guesses,omitempty"`
	Evidence []string          `json:"evidence,omitempty"`
	Choices  []labeling.Choice `json:"choices,omitempty"`
}

// standing is the part of the progress that annotators see.
type standing struct {
	Tasks    int `json:"tasks"`
	Done     int `json:"done"`
	SetAside int `json:"set_aside"`
	Mine     int `json:"mine"`
	People   int `json:"people"`
}

// call serves one kind of request for a known annotator.
type call func(r *http.Request, queue, who string, in request) ([]shown, error)

// maxBody bounds a request.
const maxBody = 64 << 10

// serve wraps a call: decoding, the annotator, progress, errors.
func (l *labels) serve(name string, f call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, ok := decode(w, r)
		if !ok {
			return
		}
		who, queue := annotator(r), r.PathValue("queue")
		if who == "" {
			reply(w, http.StatusUnauthorized, response{Error: &problem{"no_name", "Say who you are first."}})
			return
		}
		tasks, err := f(r, queue, who, in)
		if err != nil {
			l.fail(w, name, err)
			return
		}
		p, err := l.queues.Progress(r.Context(), queue)
		if err != nil {
			l.fail(w, "progress", err)
			return
		}
		s := &standing{Tasks: p.Tasks, Done: p.Done, SetAside: p.SetAside, People: len(p.Annotators)}
		for _, a := range p.Annotators {
			if a.Name == who {
				s.Mine = a.Answers
			}
		}
		reply(w, http.StatusOK, response{Tasks: tasks, Progress: s})
	}
}

func (l *labels) fail(w http.ResponseWriter, operation string, err error) {
	status, p, known := explain(err)
	if !known {
		l.opt.fault("label "+operation, err)
	}
	reply(w, status, response{Error: &p})
}

func decode(w http.ResponseWriter, r *http.Request) (request, bool) {
	var in request
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		reply(w, http.StatusUnsupportedMediaType, response{Error: &problem{"invalid", "The body must be application/json."}})
		return in, false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
		reply(w, http.StatusBadRequest, response{Error: &problem{"invalid", "The body is not the JSON expected here."}})
		return in, false
	}
	return in, true
}

func reply(w http.ResponseWriter, status int, body response) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// name sets or clears the annotator's cookie.
func (l *labels) name(w http.ResponseWriter, r *http.Request) {
	in, ok := decode(w, r)
	if !ok {
		return
	}
	c := &http.Cookie{Name: nameCookie, Path: "/label/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil, MaxAge: -1}
	if name := strings.TrimSpace(in.Name); name != "" {
		if err := labeling.ValidateAnnotator(name); err != nil {
			reply(w, http.StatusBadRequest, response{Error: &problem{"invalid", "A name has up to 40 bytes and none of < > & \" \\."}})
			return
		}
		c.Value, c.MaxAge = url.QueryEscape(name), 365*24*3600
	}
	http.SetCookie(w, c)
	reply(w, http.StatusOK, response{})
}

// ahead is how many tasks the page holds at most: the one shown and the next two,
// so that no answer waits for the network.
const ahead = 3

func (l *labels) next(r *http.Request, queue, who string, in request) ([]shown, error) {
	leases, err := l.queues.Lease(r.Context(), queue, who, max(1, min(in.N, ahead)))
	if err != nil {
		return nil, err
	}
	return l.show(r, queue, leases, in.Have)
}

func (l *labels) answer(r *http.Request, queue, who string, in request) ([]shown, error) {
	return nil, l.queues.Answer(r.Context(), queue, who, in.Task, in.Label)
}

func (l *labels) skip(r *http.Request, queue, who string, in request) ([]shown, error) {
	return nil, l.queues.Skip(r.Context(), queue, who, in.Task)
}

func (l *labels) undo(r *http.Request, queue, who string, _ request) ([]shown, error) {
	lease, err := l.queues.Undo(r.Context(), queue, who)
	if err != nil {
		return nil, err
	}
	return l.show(r, queue, []labeling.Lease{lease}, nil)
}

func (l *labels) release(r *http.Request, queue, who string, in request) ([]shown, error) {
	for _, task := range in.Tasks[:min(len(in.Tasks), 50)] {
		err := l.queues.Release(r.Context(), queue, who, task)
		if _, _, known := explain(err); err != nil && !known {
			return nil, err
		}
	}
	return nil, nil
}

// show fetches the payloads of leases, except of those the page has.
func (l *labels) show(r *http.Request, queue string, leases []labeling.Lease, have []string) ([]shown, error) {
	out := make([]shown, 0, len(leases))
	for _, lease := range leases {
		s := shown{ID: lease.Task, Seconds: time.Until(lease.Until).Seconds()}
		if slices.Contains(have, lease.Task) {
			s.Known = true
			out = append(out, s)
			continue
		}
		t, err := l.queues.Task(r.Context(), queue, lease.Task)
		if err != nil {
			return nil, err
		}
		s.Kind, s.Title, s.Fields, s.Choices = t.Kind, t.Title, t.Fields, t.Choices
		if t.Kind == labeling.ColumnTask {
			s.Guesses, s.Evidence = t.Guesses, t.Evidence
		}
		out = append(out, s)
	}
	return out, nil
}
