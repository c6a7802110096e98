package labeling_test

import (
	"fmt"
	"time"

	"github.com/nocturne-data/nocturne/labeling"
)

// Two people label the same task; the second changes her mind.
func Example() {
	now := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	q, err := labeling.New(labeling.Config{Classes: []string{"ham", "spam"}, Overlap: 2})
	if err != nil {
		panic(err)
	}
	if err := q.Add([]labeling.Task{{ID: "row:17", Kind: labeling.RowTask}}); err != nil {
		panic(err)
	}
	for _, who := range []string{"ann", "bob"} {
		leases, _ := q.Lease(who, 1, now)
		fmt.Println(who, "gets", leases[0].Task, "until", leases[0].Until.Format(time.TimeOnly))
		if err := q.Answer(who, leases[0].Task, "spam", now); err != nil {
			panic(err)
		}
	}
	if _, err := q.Undo("bob", now); err != nil {
		panic(err)
	}
	fmt.Println(q.ValidateAnswer("bob", "row:17", "eggs", now))
	if err := q.Answer("bob", "row:17", "ham", now); err != nil {
		panic(err)
	}
	for _, a := range q.Drain(now.Add(time.Hour), false) {
		fmt.Println(a.Annotator, "says", a.Label)
	}
	fmt.Println("finished:", q.Progress(now).Finished())
	// Output:
	// ann gets row:17 until 20:10:00
	// bob gets row:17 until 20:10:00
	// labeling: the task does not offer this label
	// ann says spam
	// bob says ham
	// finished: true
}
