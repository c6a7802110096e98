package labeling

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Config says how a queue hands tasks out. It is part of the queue's state.
type Config struct {
	// Classes are the labels of tasks without choices of their own, in the
	// order of their keys. Required for row tasks.
	Classes []string `json:"classes,omitempty"`
	// Overlap is the number of annotators a task, 1 to 25; 0 = 1.
	Overlap int `json:"overlap,omitempty"`
	// LeaseSeconds is how long a task is held for an annotator; 0 = 600. A
	// queue renews the leases of an annotator who asks again.
	LeaseSeconds int `json:"lease_seconds,omitempty"`
	// MaxLeases is how many tasks one annotator holds at most; 0 = 10.
	MaxLeases int `json:"max_leases,omitempty"`
	// MaxSkips sets a task aside once so many people skipped it; 0 = 3.
	MaxSkips int `json:"max_skips,omitempty"`
	// GoldShare is the share of leased tasks that are gold, 0..0.5, as far as
	// there are gold tasks new to the annotator; 0 = 0.1, negative = none.
	GoldShare float64 `json:"gold_share,omitempty"`
	// GoldOverlap is the number of annotators a gold task checks; 0 = 25.
	GoldOverlap int `json:"gold_overlap,omitempty"`
	// ControlShare is the share of a batch that acquisition draws at random,
	// 0..1; 0 = 0.1, negative = none. The queue only carries it.
	ControlShare float64 `json:"control_share,omitempty"`
	// MaxTasks bounds the tasks of the queue's whole life, 1 to 50,000;
	// 0 = 10,000. Label more with several queues.
	MaxTasks int `json:"max_tasks,omitempty"`
	// Seed decides where gold tasks fall.
	Seed uint64 `json:"seed,omitempty"`
}

// WithDefaults returns a copy with zero values replaced.
func (c Config) WithDefaults() Config {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&c.Overlap, 1)
	def(&c.LeaseSeconds, 600)
	def(&c.MaxLeases, 10)
	def(&c.MaxSkips, 3)
	def(&c.GoldOverlap, 25)
	def(&c.MaxTasks, 10000)
	if c.GoldShare == 0 {
		c.GoldShare = 0.1
	}
	if c.ControlShare == 0 {
		c.ControlShare = 0.1
	}
	c.Classes = slices.Clone(c.Classes)
	return c
}

// Validate joins all violations, naming the fields.
func (c Config) Validate() error {
	var errs []error
	within := func(name string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%w: %s is %d, must be %d to %d", ErrInvalid, name, v, low, high))
		}
	}
	within("overlap", c.Overlap, 1, 25)
	within("lease_seconds", c.LeaseSeconds, 1, 7*24*3600)
	within("max_leases", c.MaxLeases, 1, 50)
	within("max_skips", c.MaxSkips, 1, 10)
	within("gold_overlap", c.GoldOverlap, 1, MaxAnnotators)
	within("max_tasks", c.MaxTasks, 1, 50000)
	if !(c.GoldShare <= 0.5) {
		errs = append(errs, fmt.Errorf("%w: gold_share must be at most 0.5", ErrInvalid))
	}
	if !(c.ControlShare <= 1) {
		errs = append(errs, fmt.Errorf("%w: control_share must be at most 1", ErrInvalid))
	}
	if len(c.Classes) == 1 || len(c.Classes) > MaxChoices {
		errs = append(errs, fmt.Errorf("%w: classes: name 2 to %d, or none", ErrInvalid, MaxChoices))
	}
	for i, label := range c.Classes {
		errs = append(errs, validateLabel(label))
		if slices.Contains(c.Classes[:i], label) {
			errs = append(errs, fmt.Errorf("%w: classes: one is named twice", ErrInvalid))
		}
	}
	return errors.Join(errs...)
}

// Lease returns how long a task is held.
func (c Config) Lease() time.Duration { return time.Duration(c.LeaseSeconds) * time.Second }
