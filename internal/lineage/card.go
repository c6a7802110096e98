package lineage

import (
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
)

// Card is the dataset card: README.md with the YAML header that the Hub and the
// datasets library read, and a body for people.
type Card struct {
	Dataset  Dataset
	Sections []Section
}

// Section is one part of the card's body.
type Section struct {
	Title string // heading, one line
	Text  string // Markdown
}

// WriteCard writes README.md. The header names the configs with the files of
// each split and the features, so that datasets.load_dataset needs no look at
// the files to know them. (Hub documentation: "Manual configuration", "Dataset
// cards".)
func WriteCard(w io.Writer, c Card) error {
	d := c.Dataset
	if err := incomplete("dataset card", d.check()); err != nil {
		return err
	}
	header, err := yaml.MarshalWithOptions(cardHeader(d), yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("lineage: dataset card: %w", err)
	}
	var b strings.Builder
	b.WriteString("---\n")
	b.Write(header)
	b.WriteString("---\n\n# " + oneLine(d.title()) + "\n\n" + strings.TrimSpace(d.Description) + "\n")
	for _, s := range c.Sections {
		b.WriteString("\n## " + oneLine(s.Title) + "\n\n" + strings.TrimSpace(s.Text) + "\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func (d Dataset) title() string {
	if d.Title != "" {
		return d.Title
	}
	return d.Name
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func cardHeader(d Dataset) yaml.MapSlice {
	tags := append([]string{"tabular"}, d.Keywords...)
	if d.Synthetic {
		tags = append([]string{"synthetic"}, tags...)
	}
	var configs []yaml.MapSlice
	var infos []yaml.MapSlice
	rows := int64(0)
	for i, c := range d.Configs {
		rows += c.rows()
		var files []yaml.MapSlice
		for _, s := range c.Splits {
			var where any = s.patterns()
			if p := s.patterns(); len(p) == 1 {
				where = p[0]
			}
			files = append(files, yaml.MapSlice{{Key: "split", Value: s.Name}, {Key: "path", Value: where}})
		}
		config := yaml.MapSlice{{Key: "config_name", Value: c.Name}, {Key: "data_files", Value: files}}
		if i == 0 && c.Name != "default" {
			config = append(config, yaml.MapItem{Key: "default", Value: true})
		}
		configs = append(configs, config)
		infos = append(infos, cardInfo(c))
	}
	return yaml.MapSlice{
		{Key: "license", Value: d.License},
		{Key: "pretty_name", Value: oneLine(d.title())},
		{Key: "size_categories", Value: []string{sizeCategory(rows)}},
		{Key: "tags", Value: tags},
		{Key: "configs", Value: configs},
		{Key: "dataset_info", Value: infos},
	}
}

func cardInfo(c Config) yaml.MapSlice {
	var splits []yaml.MapSlice
	for _, s := range c.Splits {
		splits = append(splits, yaml.MapSlice{{Key: "name", Value: s.Name}, {Key: "num_bytes", Value: s.bytes()}, {Key: "num_examples", Value: s.rows()}})
	}
	return yaml.MapSlice{
		{Key: "config_name", Value: c.Name},
		{Key: "features", Value: cardFeatures(c.Fields)},
		{Key: "splits", Value: splits},
		{Key: "download_size", Value: c.bytes()},
		{Key: "dataset_size", Value: c.bytes()},
	}
}

func cardFeatures(fields []Field) []yaml.MapSlice {
	out := make([]yaml.MapSlice, len(fields))
	for i, f := range fields {
		out[i] = append(yaml.MapSlice{{Key: "name", Value: f.Name}}, cardFeature(f)...)
	}
	return out
}

func cardFeature(f Field) yaml.MapSlice {
	switch {
	case f.List != nil && f.List.HuggingFace != "":
		return yaml.MapSlice{{Key: "list", Value: f.List.HuggingFace}}
	case f.List != nil:
		return yaml.MapSlice{{Key: "list", Value: cardFeature(*f.List)}}
	case f.Struct != nil:
		return yaml.MapSlice{{Key: "struct", Value: cardFeatures(f.Struct)}}
	}
	return yaml.MapSlice{{Key: "dtype", Value: f.HuggingFace}}
}

// sizeCategory is the Hub's name for a number of rows.
func sizeCategory(rows int64) string {
	for _, c := range []struct {
		below int64
		name  string
	}{
		{1_000, "n<1K"},
		{10_000, "1K<n<10K"},
		{100_000, "10K<n<100K"},
		{1_000_000, "100K<n<1M"},
		{10_000_000, "1M<n<10M"},
		{100_000_000, "10M<n<100M"},
		{1_000_000_000, "100M<n<1B"},
		{10_000_000_000, "1B<n<10B"},
		{100_000_000_000, "10B<n<100B"},
		{1_000_000_000_000, "100B<n<1T"},
	} {
		if rows < c.below {
			return c.name
		}
	}
	return "n>1T"
}
