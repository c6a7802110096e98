package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/internal/keys"
	"github.com/spf13/cobra"
)

func (a *app) keysCommand() *cobra.Command {
	var file string
	c := group("keys", "Make, rotate and list the secrets behind pseudonyms",
		`A keyset is the one secret of a pipeline: whoever holds it can recompute every
pseudonym. Keep it apart from the data and back it up.

  nocturne keys new --keys keys.json      a first secret
  nocturne keys rotate --keys keys.json   one more; new pseudonyms differ from old ones
  nocturne keys list --keys keys.json     ids and dates, never secrets`,
		&cobra.Command{
			Use: "new", Short: "Create a keyset file", Args: args(cobra.NoArgs),
			Long: "Creates a keyset file with one random secret, readable by its owner only.\n\n  nocturne keys new --keys keys.json",
			RunE: func(c *cobra.Command, _ []string) error { return a.newKeys(c, file) },
		},
		&cobra.Command{
			Use: "rotate", Short: "Add a secret, which becomes the one in use", Args: args(cobra.NoArgs),
			Long: "Adds a secret to a keyset file. Tables made from now on get other pseudonyms;\nolder secrets stay in the file.\n\n  nocturne keys rotate --keys keys.json",
			RunE: func(c *cobra.Command, _ []string) error { return a.rotateKeys(c, file) },
		},
		&cobra.Command{
			Use: "list", Short: "Show ids, versions and dates", Args: args(cobra.NoArgs),
			Long: "Lists the keys of a keyset without their secrets.\n\n  nocturne keys list --keys keys.json",
			RunE: func(c *cobra.Command, _ []string) error {
				set, err := a.loadKeys(file)
				if err != nil {
					return err
				}
				return a.printKeys(c, set)
			},
		})
	c.PersistentFlags().StringVar(&file, "keys", "", "keyset file, or env:NAME for list; default NOCTURNE_KEYS or keys.json in the home folder")
	return c
}

func (a *app) keysAt(flag string) string {
	if flag != "" {
		return flag
	}
	return a.keysSource()
}

func (a *app) loadKeys(flag string) (*keys.Keyset, error) {
	source := a.keysAt(flag)
	set, err := keys.Load(source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no keyset at %s: create one with `nocturne keys new --keys %s`", source, source)
	}
	return set, err
}

// keysFor returns the keyset that a policy is carried out with. Without --keys
// a missing default file means none: policies without keyed transforms work.
func (a *app) keysFor(flag string) (transform.Keys, []string, error) {
	set, err := a.loadKeys(flag)
	if err != nil {
		if _, missing := os.Stat(a.keysSource()); flag == "" && os.Getenv("NOCTURNE_KEYS") == "" && errors.Is(missing, fs.ErrNotExist) {
			return nil, nil, nil
		}
		return nil, nil, err
	}
	return set, set.IDs(), nil
}

func (a *app) newKeys(c *cobra.Command, flag string) error {
	path := a.keysAt(flag)
	if _, err := os.Stat(path); err == nil {
		return usageError{fmt.Errorf("%s exists: a new keyset would make its pseudonyms unrepeatable; add a key with `nocturne keys rotate`", path)}
	}
	if flag == "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
	}
	set, err := keys.New(time.Now())
	if err != nil {
		return err
	}
	if err := set.Save(path); err != nil {
		return err
	}
	note(c, "keyset written to %s; keep it secret and apart from the data", path)
	return a.printKeys(c, set)
}

func (a *app) rotateKeys(c *cobra.Command, flag string) error {
	set, err := a.loadKeys(flag)
	if err != nil {
		return err
	}
	if set, err = set.Rotate(time.Now()); err != nil {
		return err
	}
	if err := set.Save(a.keysAt(flag)); err != nil {
		return err
	}
	return a.printKeys(c, set)
}

func (a *app) printKeys(c *cobra.Command, set *keys.Keyset) error {
	if a.format == "json" {
		return writeJSON(c.OutOrStdout(), set.List())
	}
	t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "version\tid\tcreated\tin use")
	for _, k := range set.List() {
		use := ""
		if k.Primary {
			use = "yes"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\n", k.Version, k.ID, k.Created, use)
	}
	return t.Flush()
}
