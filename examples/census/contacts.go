package census

import (
	"compress/gzip"
	"fmt"
	"os"
	"strconv"
	"time"
)

var contactColumns = []string{"contact_id", "person_id", "contacted_on", "channel", "contact_phone", "minutes", "outcome"}

// contacts draws how often and how somebody was contacted. It depends on the
// person, so that a twin has something to get right across the two tables: the
// young are written to, the old called, those who earn much answer less often.
func (g *generator) contacts(i int, row []string, p identity) [][]string {
	r := stream(i, "contacts")
	age, _ := strconv.Atoi(row[ageColumn])     // a missing number only shifts the odds
	hours, _ := strconv.Atoi(row[hoursColumn]) // likewise
	rich := row[classColumn] == ">50K"
	mean := 1.2
	if rich {
		mean = 2.6
	}
	if hours > 45 {
		mean += .6
	}
	n := 0
	for t := r.ExpFloat64(); t < mean && n < 12; t += r.ExpFloat64() {
		n++
	}
	day := time.Date(year, 1, 1+r.IntN(120), 0, 0, 0, 0, time.UTC)
	out := make([][]string, 0, n)
	for range n {
		channel := "phone"
		switch u := r.Float64() * 100; {
		case u < 60-float64(age)*.7:
			channel = "email"
		case u > 88:
			channel = "visit"
		case u > 78:
			channel = "letter"
		}
		phone, minutes := "", ""
		if channel == "phone" || channel == "visit" {
			minutes = strconv.Itoa(1 + int(r.ExpFloat64()*float64(4+age/10)))
		}
		if channel == "phone" {
			phone = p.phone
		}
		outcome := "reached"
		switch u := r.Float64(); {
		case channel == "letter":
			outcome = "sent"
		case u < .25 || rich && u < .45:
			outcome = "no answer"
		case u > .93:
			outcome = "refused"
		}
		out = append(out, []string{"", p.id, day.Format(time.DateOnly), channel, phone, minutes, outcome})
		day = day.AddDate(0, 0, 3+r.IntN(60))
	}
	return out
}

// replacement is a gzip file that takes its name when it is complete.
type replacement struct {
	*gzip.Writer
	f    *os.File
	name string
}

func replace(name string) (*replacement, error) {
	f, err := os.Create(name + ".part")
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	return &replacement{Writer: z, f: f, name: name}, nil
}

func (w *replacement) commit() error {
	if err := w.Close(); err != nil {
		return err
	}
	if err := w.f.Close(); err != nil {
		return err
	}
	if err := os.Rename(w.name+".part", w.name); err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	return nil
}

// drop removes the unfinished file; after commit there is none.
func (w *replacement) drop() {
	_ = w.f.Close()
	_ = os.Remove(w.name + ".part")
}
