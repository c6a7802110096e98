package labeling

import "time"

// Progress is where a queue stands. Gold tasks count apart.
type Progress struct {
	Tasks    int `json:"tasks"`     // ever added, without gold
	Done     int `json:"done"`      // with enough answers
	SetAside int `json:"set_aside"` // skipped by too many
	Open     int `json:"open"`      // Tasks - Done - SetAside
	Leased   int `json:"leased"`    // held right now, gold included
	Columns  int `json:"columns"`   // open column questions
	Answers  int `json:"answers"`   // ever given, gold included
	Skips    int `json:"skips"`
	Gold     int `json:"gold"` // gold tasks ever added
	// Annotators in the order in which they came.
	Annotators []AnnotatorProgress `json:"annotators,omitempty"`
	StateBytes int                 `json:"state_bytes"` // bound of the state's size
}

// AnnotatorProgress is one annotator's part.
type AnnotatorProgress struct {
	Name    string    `json:"name"`
	Answers int       `json:"answers"`
	Skips   int       `json:"skips"`
	Leased  int       `json:"leased"`
	Checked int       `json:"checked"` // gold tasks answered
	Right   int       `json:"right"`   // of them right
	Last    time.Time `json:"last,omitzero"`
}

// Finished tells that every task has enough answers or was set aside.
func (p Progress) Finished() bool { return p.Open == 0 }

// Progress counts, taking leases that have run out by now as free. It changes
// nothing: it serves a Query.
func (q *Queue) Progress(now time.Time) Progress {
	p := Progress{Done: q.s.Done, SetAside: q.s.SetAside, Gold: q.s.Checks + len(q.gold), StateBytes: q.Size()}
	p.Tasks = p.Done + p.SetAside + len(q.rows) + len(q.columns)
	live := make([]int, len(q.s.Tasks))
	for _, a := range q.s.People {
		p.Answers += a.Answers
		p.Skips += a.Skips
		n := AnnotatorProgress{Name: a.Name, Answers: a.Answers, Skips: a.Skips, Checked: a.Checked, Right: a.Right}
		if a.Last > 0 {
			n.Last = time.UnixMilli(a.Last).UTC()
		}
		p.Annotators = append(p.Annotators, n)
	}
	for _, l := range q.s.Leases {
		if l.until() > now.UnixMilli() {
			live[l.task()]++
			p.Leased++
			p.Annotators[l.person()].Leased++
		}
	}
	for t, u := range q.use {
		if q.s.Tasks[t].gold >= 0 {
			continue
		}
		switch {
		case u.answers >= q.s.Config.Overlap:
			p.Done++
		case u.skips >= q.s.Config.MaxSkips && live[t] == 0:
			p.SetAside++
		case kinds[q.s.Tasks[t].kind] == ColumnTask:
			p.Columns++
		}
	}
	p.Open = p.Tasks - p.Done - p.SetAside
	return p
}
