package main

import (
	"fmt"
	"strings"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/spf13/cobra"
)

func (a *app) policyCommand() *cobra.Command {
	return group("policy", "Draft, check, explain, test and compare policies",
		`A policy is an ordered list of rules: which columns (by class, semantic type, name),
for which purposes and roles, and what happens to them. A column that no rule
matches is suppressed.

  nocturne policy draft people.csv > policy.yaml        a careful first policy
  nocturne policy check --policy policy.yaml people.csv
  nocturne policy explain --policy policy.yaml people.csv --purpose training
  nocturne policy test cases.yaml --policy policy.yaml --contract people.yaml
  nocturne policy diff old.yaml new.yaml --contract people.yaml`,
		a.policyDraftCommand(), a.policyCheckCommand(), a.policyExplainCommand(), a.policyTestCommand(), a.policyDiffCommand())
}

func loadPolicy(path string) (anonymize.Policy, error) {
	if path == "" {
		return anonymize.Policy{}, usageError{fmt.Errorf("--policy is needed; `nocturne policy draft FILE` writes a first one")}
	}
	data, err := readable("policy", path)
	if err != nil {
		return anonymize.Policy{}, err
	}
	p, err := anonymize.ParsePolicy(data)
	if err != nil {
		return p, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return p, nil
}

// principalFlags are who asks, and what for.
type principalFlags struct {
	roles      []string
	purpose    string
	attributes []string // name=value
}

func (p *principalFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&p.roles, "role", nil, "role of the caller (several: --role a,b); default the policy's")
	c.Flags().StringVar(&p.purpose, "purpose", "", "purpose of the copy; default the policy's")
	c.Flags().StringSliceVar(&p.attributes, "attribute", nil, "attribute of the caller, name=value")
}

func (p principalFlags) principal() (anonymize.Principal, error) {
	out := anonymize.Principal{Purpose: p.purpose, Roles: p.roles}
	for _, s := range p.attributes {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return out, usageError{fmt.Errorf("--attribute must have the form name=value")}
		}
		if out.Attributes == nil {
			out.Attributes = map[string]string{}
		}
		out.Attributes[name] = value
	}
	return out, nil
}
