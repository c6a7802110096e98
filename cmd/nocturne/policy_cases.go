package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/spf13/cobra"
)

// policyCases is a file of test cases.
type policyCases struct {
	Contract string       `yaml:"contract"` // default of the cases; relative to the file
	Cases    []policyCase `yaml:"cases"`
}

// policyCase says what a policy must do to one column for one principal.
type policyCase struct {
	Name      string              `yaml:"name"`
	Principal anonymize.Principal `yaml:"principal"`
	Contract  string              `yaml:"contract"`
	Column    string              `yaml:"column"`
	Expect    expectation         `yaml:"expect"`
}

// expectation holds when all that is set holds.
type expectation struct {
	Transform string `yaml:"transform"` // name of the transform
	Rule      string `yaml:"rule"`      // name of the rule that decides
	// AtLeast names a transform: the outcome protects as much as that, or more.
	AtLeast string `yaml:"at_least"`
}

// caseResult is one case in the document that the command prints.
type caseResult struct {
	Name   string `json:"name"`
	Column string `json:"column"`
	Passed bool   `json:"passed"`
	Why    string `json:"why,omitempty"`
}

func (a *app) policyTestCommand() *cobra.Command {
	var policyPath, contractPath string
	c := &cobra.Command{
		Use:   "test CASES.yaml --policy P [--contract C]",
		Short: "Hold a policy to expectations",
		Long: `Runs the cases of a file against a policy. Exit code 1 when one fails.

  nocturne policy test cases.yaml --policy policy.yaml --contract people.yaml

  # cases.yaml
  contract: people.yaml
  cases:
    - name: nobody trains on SSNs
      principal: {purpose: training}
      column: ssn
      expect: {at_least: pseudonym}
    - name: nurses see the phone number
      principal: {purpose: care, roles: [nurse]}
      column: phone
      expect: {transform: keep}`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, as []string) error {
			policy, err := loadPolicy(policyPath)
			if err != nil {
				return err
			}
			results, err := runCases(policy, as[0], contractPath)
			if err != nil {
				return err
			}
			return a.reportCases(c, results)
		},
	}
	c.Flags().StringVar(&policyPath, "policy", "", "policy file (YAML)")
	contractFlag(c, &contractPath, "contract of cases that name none")
	return c
}

func runCases(policy anonymize.Policy, path, contractPath string) ([]caseResult, error) {
	data, err := readable("cases", path)
	if err != nil {
		return nil, err
	}
	var file policyCases
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&file); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	if len(file.Cases) == 0 {
		return nil, usageError{fmt.Errorf("%s: no cases; see `nocturne policy test --help`", path)}
	}
	contracts := map[string]schemas.Contract{}
	var out []caseResult
	for i, x := range file.Cases {
		where := fmt.Sprintf("%s: case %d (%s)", path, i+1, x.Name)
		from := caseContract(path, x.Contract, file.Contract, contractPath)
		if from == "" {
			return nil, usageError{fmt.Errorf("%s: no contract: name one in the file or by --contract", where)}
		}
		contract, ok := contracts[from]
		if !ok {
			if contract, err = loadContract(from); err != nil {
				return nil, err
			}
			contracts[from] = contract
		}
		field, ok := contract.Field(x.Column)
		if !ok {
			return nil, usageError{fmt.Errorf("%s: contract %s has no column %q", where, contract.Name, x.Column)}
		}
		why, err := x.Expect.check(policy.Decide(x.Principal, contract.Name, field))
		if err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", where, err)}
		}
		out = append(out, caseResult{x.Name, x.Column, why == "", why})
	}
	return out, nil
}

// caseContract is the path of a case's contract: names in the file are relative
// to it.
func caseContract(file, own, shared, flag string) string {
	if own == "" {
		own = shared
	}
	switch {
	case own == "":
		return flag
	case filepath.IsAbs(own):
		return own
	}
	return filepath.Join(filepath.Dir(file), own)
}

// check says why a decision is not what was expected; "" = it is.
func (e expectation) check(d anonymize.Decision) (string, error) {
	if e == (expectation{}) {
		return "", errors.New("expect: give transform, rule or at_least")
	}
	if e.Transform != "" {
		if _, ok := transform.Lookup(e.Transform); !ok {
			return "", fmt.Errorf("expect: no transform %q", e.Transform)
		}
		if d.Transform.Name != e.Transform {
			return fmt.Sprintf("expected %s, got %s by rule %q: %s", e.Transform, d.Transform.Name, d.Rule, d.Why), nil
		}
	}
	if e.AtLeast != "" {
		want, ok := transform.Lookup(e.AtLeast)
		if !ok {
			return "", fmt.Errorf("expect: no transform %q", e.AtLeast)
		}
		if got, _ := transform.Lookup(d.Transform.Name); got.Protection < want.Protection {
			return fmt.Sprintf("expected at least %s, got %s by rule %q: %s", e.AtLeast, d.Transform.Name, d.Rule, d.Why), nil
		}
	}
	if e.Rule != "" && e.Rule != d.Rule {
		return fmt.Sprintf("expected rule %q, got %q", e.Rule, d.Rule), nil
	}
	return "", nil
}

func (a *app) reportCases(c *cobra.Command, results []caseResult) error {
	failed := 0
	for _, r := range results {
		if !r.Passed {
			failed++
		}
	}
	if a.format == "json" {
		if err := writeJSON(c.OutOrStdout(), map[string]any{"cases": results, "failed": failed}); err != nil {
			return err
		}
	} else {
		for _, r := range results {
			if r.Passed {
				fmt.Fprintf(c.OutOrStdout(), "ok    %s\n", r.Name)
			} else {
				fmt.Fprintf(c.OutOrStdout(), "FAIL  %s: column %q: %s\n", r.Name, r.Column, r.Why)
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases failed", failed, len(results))
	}
	return nil
}
