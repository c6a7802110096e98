package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	for _, name := range []string{"NOCTURNE_HOME", "NOCTURNE_STORE", "NOCTURNE_KEYS"} {
		_ = os.Unsetenv(name)
	}
	os.Exit(m.Run())
}

// ran is what a command line left behind.
type ran struct {
	stdout, stderr string
	err            error
}

// code is the exit code that main would give.
func (r ran) code() int {
	var usage usageError
	var refused refusedError
	switch {
	case r.err == nil:
		return 0
	case errors.As(r.err, &refused):
		return exitRefused
	case errors.As(r.err, &usage):
		return exitUsage
	}
	return exitFailed
}

// run executes a command line in this process, with a home of its own.
func run(t *testing.T, home, stdin string, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	c := newRoot()
	c.SetArgs(append([]string{"--home", home}, args...))
	c.SetIn(strings.NewReader(stdin))
	c.SetOut(&out)
	c.SetErr(&errs)
	err := c.ExecuteContext(t.Context())
	return ran{out.String(), errs.String(), err}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// withKeys makes a home with a keyset in it.
func withKeys(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	require.NoError(t, run(t, home, "", "keys", "new").err)
	return home
}

const (
	people   = "testdata/people.csv"
	policy   = "testdata/policy.yaml"
	contract = "testdata/people.contract.yaml"
)

func TestCommandsWithGoldenOutput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		golden string
		code   int
		args   []string
	}{
		{"inspect-contract.yaml", 0, []string{"inspect", "--contract", people}},
		{"policy-check.txt", 0, []string{"policy", "check", "--policy", policy, "--contract", contract, "--purpose", "training"}},
		{"policy-explain.txt", 0, []string{"policy", "explain", "--policy", policy, "--contract", contract, "--purpose", "training"}},
		{"policy-explain-nurse.json", 0, []string{"policy", "explain", "--policy", policy, people, "--role", "nurse", "--purpose", "care", "--format", "json"}},
		{"policy-test.txt", 0, []string{"policy", "test", "testdata/cases.yaml", "--policy", policy}},
		{"policy-test-failing.txt", exitFailed, []string{"policy", "test", "testdata/cases-failing.yaml", "--policy", policy}},
		{"policy-diff.txt", exitRefused, []string{"policy", "diff", policy, "testdata/policy-looser.yaml", "--contract", contract, "--purpose", "training"}},
		{"policy-diff-same.txt", 0, []string{"policy", "diff", policy, policy, "--contract", contract}},
		{"labels-aggregate.csv", 0, []string{"labels", "aggregate", "testdata/answers.csv"}},
		{"labels-majority.json", 0, []string{"labels", "aggregate", "testdata/answers.csv", "--method", "majority", "--format", "json"}},
		{"labels-import.csv", 0, []string{"labels", "import", "testdata/answers.jsonl", "-"}},
		{"labels-simulate.csv", 0, []string{"labels", "simulate", people, "--label", "city", "--batch", "3", "--exclude", "person_id"}},
		{"labels-export.jsonl", 0, []string{"labels", "export", people, "-", "--classes", "yes,no", "--columns", "age,city", "--limit", "2"}},
		{"view.csv", 0, []string{"view", people, "--as", "analyst", "--purpose", "training", "--policy", "testdata/policy-leaky.yaml", "--contract", contract, "--rows", "2"}},
	} {
		t.Run(c.golden, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			if strings.HasPrefix(c.golden, "policy-check") {
				home = withKeys(t)
			}
			r := run(t, home, "", c.args...)
			require.Equal(t, c.code, r.code(), "%v", r.err)
			golden(t, c.golden, r.stdout)
			if strings.HasSuffix(c.golden, ".json") {
				require.True(t, json.Valid([]byte(r.stdout)), "one JSON document")
			}
		})
	}
}

func TestWrongUseSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	full := filepath.Join(dir, "full")
	require.NoError(t, os.MkdirAll(filepath.Join(full, "x"), 0o755))
	ragged := filepath.Join(dir, "ragged.csv")
	require.NoError(t, os.WriteFile(ragged, []byte("a,b\n1,2\nCANARY,4,5,6\n"), 0o600))
	texts := filepath.Join(dir, "texts.jsonl")
	require.NoError(t, os.WriteFile(texts, []byte("{\"id\":1,\"text\":\"fine\"}\n{\"id\":2,\"text\":CANARY}\n"), 0o600))
	answers := filepath.Join(dir, "answers.csv")
	require.NoError(t, os.WriteFile(answers, []byte("worker,item,label\nann,1,CANARY\nann,1,other\n"), 0o600))
	for _, c := range []struct {
		name string
		code int
		says string
		args []string
	}{
		{"format", exitUsage, "text or json", []string{"inspect", people, "--format", "xml"}},
		{"no file", exitFailed, "no such file", []string{"inspect", "nowhere.csv"}},
		{"unknown flag", exitUsage, "--help", []string{"inspect", "--what"}},
		{"no argument", exitUsage, "usage:", []string{"detect"}},
		{"two contracts", exitUsage, "one table", []string{"inspect", "--contract", people, people}},
		{"ragged", exitFailed, "line 3", []string{"inspect", ragged}},
		{"text line", exitFailed, "line 2", []string{"detect", "--text", texts}},
		{"text missing", exitUsage, "no such file", []string{"detect", "--text", "nowhere.jsonl"}},
		{"policy without", exitUsage, "--policy is needed", []string{"policy", "explain", people}},
		{"policy without table", exitUsage, "which columns", []string{"policy", "check", "--policy", policy}},
		{"policy that is none", exitUsage, "people.csv", []string{"policy", "explain", people, "--policy", people}},
		{"policy sub-command", exitUsage, "no command", []string{"policy", "prove"}},
		{"diff without contract", exitUsage, "--contract is needed", []string{"policy", "diff", policy, policy}},
		{"cases that are none", exitUsage, "policy.yaml", []string{"policy", "test", policy, "--policy", policy}},
		{"deidentify without policy", exitUsage, "policy draft", []string{"deidentify", people, filepath.Join(dir, "o.csv")}},
		{"deidentify without keys", exitFailed, "keys new", []string{"deidentify", people, filepath.Join(dir, "o.csv"), "--policy", policy}},
		{"deidentify to a full folder", exitUsage, "not empty", []string{"deidentify", people, full, "--policy", "testdata/policy-leaky.yaml"}},
		{"deidentify to an unknown format", exitUsage, ".docx", []string{"deidentify", people, filepath.Join(dir, "o.docx"), "--policy", "testdata/policy-leaky.yaml"}},
		{"deidentify to nowhere", exitUsage, "create it first", []string{"deidentify", people, filepath.Join(dir, "no", "o.csv"), "--policy", "testdata/policy-leaky.yaml"}},
		{"two documents on stdout", exitUsage, "file name", []string{"deidentify", people, "-", "--policy", "testdata/policy-leaky.yaml", "--format", "json"}},
		{"synthesize where", exitUsage, "unconditional", []string{"synthesize", people, filepath.Join(dir, "o.csv"), "--where", "age > 30"}},
		{"synthesize engine", exitUsage, "mixture", []string{"synthesize", people, filepath.Join(dir, "o.csv"), "--engine", "magic"}},
		{"evaluate two tables", exitUsage, "--holdout", []string{"evaluate", "--train", people, "--synthetic", people}},
		{"evaluate target", exitUsage, "no column", []string{"evaluate", "--train", people, "--holdout", people, "--synthetic", people, "--target", "x"}},
		{"labels method", exitUsage, "dawid_skene", []string{"labels", "aggregate", "testdata/answers.csv", "--method", "vote"}},
		{"labels contradicting", exitFailed, "answers.csv", []string{"labels", "aggregate", answers}},
		{"labels import", exitFailed, "answers.csv", []string{"labels", "import", answers, "-"}},
		{"labels export classes", exitUsage, "--classes", []string{"labels", "export", people, "-"}},
		{"labels simulate", exitUsage, "no column", []string{"labels", "simulate", people, "--label", "x"}},
		{"view nobody", exitUsage, "--as and --purpose", []string{"view", people, "--policy", policy}},
		{"view nothing", exitFailed, "neither a file nor a dataset", []string{"view", "nothing", "--as", "a", "--purpose", "b", "--policy", policy}},
		{"verify nothing", exitFailed, "nothing is published", []string{"verify", "nothing"}},
		{"keys list", exitFailed, "keys new", []string{"keys", "list"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, t.TempDir(), "", c.args...)
			require.Error(t, r.err)
			require.Equal(t, c.code, r.code(), "%v", r.err)
			require.Contains(t, r.err.Error(), c.says)
			require.NotContains(t, r.err.Error()+r.stderr+r.stdout, "CANARY", "no data value in an error")
		})
	}
	entries, err := filepath.Glob(filepath.Join(dir, "*o.*"))
	require.NoError(t, err)
	require.Empty(t, entries, "nothing half-written")
	hidden, err := filepath.Glob(filepath.Join(dir, ".nocturne-*"))
	require.NoError(t, err)
	require.Empty(t, hidden, "nothing left behind")
}

func TestKeysAreMadeRotatedAndNeverReplaced(t *testing.T) {
	t.Parallel()
	home := withKeys(t)
	again := run(t, home, "", "keys", "new")
	require.Equal(t, exitUsage, again.code())
	require.ErrorContains(t, again.err, "keys rotate")
	require.NoError(t, run(t, home, "", "keys", "rotate").err)
	r := run(t, home, "", "keys", "list", "--format", "json")
	require.NoError(t, r.err)
	var list []struct {
		Version int  `json:"version"`
		Primary bool `json:"primary"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &list))
	require.Len(t, list, 2)
	require.False(t, list[0].Primary)
	require.True(t, list[1].Primary)
}

func TestStandardInputAndOutput(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(people)
	require.NoError(t, err)
	r := run(t, withKeys(t), string(data), "deidentify", "-", "-", "--policy", policy, "--contract", contract, "--purpose", "training", "--output-format", "jsonl")
	require.NoError(t, r.err)
	require.Equal(t, 10, strings.Count(r.stdout, "\n"))
	require.NotContains(t, r.stdout, "Hartwell")
	require.Contains(t, r.stderr, "proof: clean")
}

func TestEveryFileCommandHasAnExample(t *testing.T) {
	t.Parallel()
	a := &app{}
	for _, c := range a.fileCommands() {
		require.Contains(t, c.Long, "\n  nocturne "+c.Name(), c.Name())
		for _, sub := range c.Commands() {
			require.Contains(t, sub.Long, "\n  nocturne "+c.Name()+" "+sub.Name(), sub.Name())
		}
	}
}
