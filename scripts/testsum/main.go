// Command testsum reads `go test -json` on standard input, prints what failed
// and what was skipped, and ends with one line: N passed, N failed, N skipped.
// With CI=true or NOCTURNE_NO_SKIP=1 a skipped test fails the run: on a machine
// that has everything, a skip hides something.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
)

type event struct {
	Action     string
	Package    string
	ImportPath string // in place of Package, of builds
	Test       string
	Output     string
	Elapsed    float64 // seconds
}

func main() {
	output := map[string]*strings.Builder{}
	broken := map[string]bool{} // packages with a failure
	var passed, failed, skipped int
	var failures, skips, slow []string
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // a build error
			failed++
			continue
		}
		key := e.Package + e.ImportPath + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			if output[key] == nil {
				output[key] = &strings.Builder{}
			}
			output[key].WriteString(e.Output)
			continue
		case "pass", "fail", "skip", "build-fail":
		default:
			continue
		}
		text := ""
		if output[key] != nil {
			text = output[key].String()
			delete(output, key)
		}
		switch {
		case e.Action == "build-fail":
			failures = append(failures, e.ImportPath+"\n"+text)
		case e.Action == "fail":
			if e.Test == "" && broken[e.Package] {
				continue // its tests are counted already
			}
			broken[e.Package] = true
			failures = append(failures, strings.TrimSpace(key)+"\n"+text)
			failed++
		case e.Test == "" && e.Action == "pass":
			fmt.Printf("ok    %7.1fs  %s\n", e.Elapsed, e.Package)
		case e.Test == "":
		case e.Action == "skip":
			skips = append(skips, strings.TrimSpace(key)+"\n"+text)
			skipped++
		default:
			passed++
			if e.Elapsed > 10 {
				slow = append(slow, fmt.Sprintf("%6.1fs  %s", e.Elapsed, key))
			}
		}
	}
	show := func(title string, list []string) {
		if len(list) == 0 {
			return
		}
		sort.Strings(list)
		fmt.Println("\n" + title)
		for _, x := range list {
			fmt.Println("  " + strings.ReplaceAll(strings.TrimSpace(x), "\n", "\n      "))
		}
	}
	show("slow:", slow)
	show("skipped:", skips)
	show("FAILED:", failures)
	fmt.Printf("\n%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if failed > 0 || passed == 0 || skipped > 0 && noSkip() {
		os.Exit(1)
	}
}

func noSkip() bool { return os.Getenv("CI") == "true" || os.Getenv("NOCTURNE_NO_SKIP") == "1" }
