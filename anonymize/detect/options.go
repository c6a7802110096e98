package detect

import (
	"errors"
	"fmt"
)

// Options steers column detection. The zero value is right for most tables.
type Options struct {
	// MaxRows is how many rows are looked at; 0 = 65,536. A table is read from
	// its start.
	MaxRows int64
	// MaxValues is how many distinct values of a column are examined in full;
	// 0 = 1,024. It bounds memory: about 256 bytes each.
	MaxValues int
	// Low and High bound the probability that a column is personal data within
	// which the column is reported as unsure and goes to people; 0 = 0.10 and
	// 0.90.
	Low, High float64
}

// WithDefaults fills in the zero fields.
func (o Options) WithDefaults() Options {
	if o.MaxRows == 0 {
		o.MaxRows = 65_536
	}
	if o.MaxValues == 0 {
		o.MaxValues = 1024
	}
	if o.Low == 0 {
		o.Low = .10
	}
	if o.High == 0 {
		o.High = .90
	}
	return o
}

// Validate reports every field that is out of range.
func (o Options) Validate() error {
	var errs []error
	if o.MaxRows < 0 {
		errs = append(errs, fmt.Errorf("detect: MaxRows is %d, want 0 or more", o.MaxRows))
	}
	if o.MaxValues < 0 {
		errs = append(errs, fmt.Errorf("detect: MaxValues is %d, want 0 or more", o.MaxValues))
	}
	if o.Low < 0 || o.High > 1 || (o.High != 0 && o.Low > o.High) {
		errs = append(errs, fmt.Errorf("detect: Low and High are %g and %g, want 0 <= Low <= High <= 1", o.Low, o.High))
	}
	return errors.Join(errs...)
}
