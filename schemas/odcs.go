package schemas

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/goccy/go-yaml"
)

// odcsVersion is the version of the Open Data Contract Standard that is
// written.
const odcsVersion = "v3.1.0"

// ODCSServer says where the data of a contract lies. Type "local" needs Path
// and Format; "s3" needs Location.
type ODCSServer struct {
	Server   string `yaml:"server"`
	Type     string `yaml:"type"`
	Path     string `yaml:"path,omitempty"`
	Location string `yaml:"location,omitempty"`
	Format   string `yaml:"format,omitempty"`
}

type odcsFile struct {
	APIVersion  string            `yaml:"apiVersion"`
	Kind        string            `yaml:"kind"`
	ID          string            `yaml:"id"`
	Version     string            `yaml:"version"`
	Status      string            `yaml:"status"`
	Name        string            `yaml:"name"`
	Description map[string]string `yaml:"description,omitempty"`
	Servers     []ODCSServer      `yaml:"servers,omitempty"`
	Schema      []odcsObject      `yaml:"schema"`
	Custom      []odcsCustom      `yaml:"customProperties,omitempty"`
}

type odcsObject struct {
	Name          string             `yaml:"name"`
	PhysicalType  string             `yaml:"physicalType"`
	LogicalType   string             `yaml:"logicalType"`
	Description   string             `yaml:"description,omitempty"`
	Properties    []odcsProperty     `yaml:"properties"`
	Relationships []odcsRelationship `yaml:"relationships,omitempty"`
	Quality       []odcsQuality      `yaml:"quality,omitempty"`
}

type odcsProperty struct {
	Name           string         `yaml:"name,omitempty"` // empty for the items of an array
	LogicalType    string         `yaml:"logicalType"`
	PhysicalType   string         `yaml:"physicalType"`
	Description    string         `yaml:"description,omitempty"`
	Required       bool           `yaml:"required,omitempty"`
	Unique         bool           `yaml:"unique,omitempty"`
	PrimaryKey     bool           `yaml:"primaryKey,omitempty"`
	KeyPosition    int            `yaml:"primaryKeyPosition,omitempty"`
	Classification string         `yaml:"classification,omitempty"`
	Options        yaml.MapSlice  `yaml:"logicalTypeOptions,omitempty"`
	Properties     []odcsProperty `yaml:"properties,omitempty"`
	Items          *odcsProperty  `yaml:"items,omitempty"`
	Quality        []odcsQuality  `yaml:"quality,omitempty"`
	Custom         []odcsCustom   `yaml:"customProperties,omitempty"`
}

type odcsRelationship struct {
	Type string `yaml:"type"`
	From any    `yaml:"from"`
	To   any    `yaml:"to"`
}

type odcsQuality struct {
	Name        string         `yaml:"name,omitempty"`
	Type        string         `yaml:"type"`
	Description string         `yaml:"description,omitempty"`
	Metric      string         `yaml:"metric,omitempty"`
	Arguments   map[string]any `yaml:"arguments,omitempty"`
	MustBe      *int           `yaml:"mustBe,omitempty"`
}

type odcsCustom struct {
	Property string `yaml:"property"`
	Value    any    `yaml:"value"`
}

// ODCS writes the contract in the form of the Open Data Contract Standard,
// v3.1.0, as YAML (file ending .odcs.yaml). Privacy classes become
// classifications; ranges and patterns become logicalTypeOptions; sets,
// uniqueness and comparisons become quality checks; what the standard has no
// word for (semantic type, what happens to bad rows) goes into customProperties.
// Foreign keys whose names the standard cannot spell go there too. Equal
// contracts give equal bytes.
func ODCS(c Contract, servers ...ODCSServer) ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.WithDefaults()
	object := odcsObject{Name: c.Name, PhysicalType: "table", LogicalType: "object", Description: c.Description}
	for _, f := range c.Fields {
		p, err := odcsField(c, f)
		if err != nil {
			return nil, fmt.Errorf("schemas: contract %q: field %q: %w", c.Name, f.Name, err)
		}
		object.Properties = append(object.Properties, p)
	}
	file := odcsFile{
		APIVersion: odcsVersion, Kind: "DataContract", ID: "urn:contract:" + c.Name, Version: c.Version, Status: "active", Name: c.Name, Servers: servers,
		Custom: []odcsCustom{{"onViolation", c.OnViolation}, {"maxQuarantine", c.MaxQuarantine}},
	}
	if c.Description != "" {
		file.Description = map[string]string{"purpose": c.Description}
	}
	for _, k := range c.ForeignKeys {
		if r, ok := odcsReference(c.Name, k); ok {
			object.Relationships = append(object.Relationships, r)
		} else {
			file.Custom = append(file.Custom, odcsCustom{"foreignKey", map[string]any{"fields": k.Fields, "table": k.Table, "references": k.References}})
		}
	}
	for _, r := range c.Constraints {
		switch {
		case len(r.Unique) > 1:
			object.Quality = append(object.Quality, odcsQuality{Name: r.Name, Type: "library", Metric: "duplicateValues", MustBe: new(int), Arguments: map[string]any{"properties": r.Unique}})
		case r.Compare != nil:
			object.Quality = append(object.Quality, odcsQuality{Name: r.Name, Type: "text", Description: r.Compare.Left + " " + r.Compare.Op + " " + r.Compare.Right + " in every row, where neither is null"})
		}
	}
	file.Schema = []odcsObject{object}
	out, err := yaml.MarshalWithOptions(file, yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("schemas: contract %q: writing ODCS: %w", c.Name, err)
	}
	return out, nil
}

func odcsField(c Contract, f Field) (odcsProperty, error) {
	t, err := ParseType(f.Type)
	if err != nil {
		return odcsProperty{}, err
	}
	p, err := odcsShape(t)
	if err != nil {
		return odcsProperty{}, err
	}
	p.Name, p.Description, p.Required, p.Classification = f.Name, f.Description, !f.Nullable, string(f.Class)
	if at := slices.Index(c.PrimaryKey, f.Name); at >= 0 {
		p.PrimaryKey, p.KeyPosition = true, at+1
		p.Unique = len(c.PrimaryKey) == 1
	}
	if f.Semantic != "" {
		p.Custom = append(p.Custom, odcsCustom{"semanticType", f.Semantic})
	}
	for _, r := range c.Constraints {
		switch {
		case len(r.Unique) == 1 && r.Unique[0] == f.Name:
			p.Unique = true
		case r.Field != f.Name:
		case r.Range != nil:
			p.Options = append(p.Options, odcsRange(p.LogicalType, *r.Range)...)
			if p.LogicalType == "string" {
				p.Custom = append(p.Custom, odcsCustom{"range", map[string]string{"min": r.Range.Min, "max": r.Range.Max}})
			}
		case r.Pattern != "":
			p.Options = append(p.Options, yaml.MapItem{Key: "pattern", Value: "^(?:" + r.Pattern + ")$"})
		case r.Set != nil:
			p.Quality = append(p.Quality, odcsQuality{Name: r.Name, Type: "library", Metric: "invalidValues", MustBe: new(int), Arguments: map[string]any{"validValues": r.Set}})
		}
	}
	p.Options = distinctOptions(p.Options)
	return p, nil
}

// distinctOptions keeps the first of options with one key: YAML forbids two.
func distinctOptions(in yaml.MapSlice) yaml.MapSlice {
	var out yaml.MapSlice
	for _, item := range in {
		if !slices.ContainsFunc(out, func(o yaml.MapItem) bool { return o.Key == item.Key }) {
			out = append(out, item)
		}
	}
	return out
}

// odcsShape describes a type, with its nested fields.
func odcsShape(t arrow.DataType) (odcsProperty, error) {
	text, err := TypeText(t)
	if err != nil {
		return odcsProperty{}, err
	}
	names, err := CrosswalkTypes(text)
	if err != nil {
		return odcsProperty{}, err
	}
	p := odcsProperty{LogicalType: names.ODCS, PhysicalType: text}
	switch t := t.(type) {
	case *arrow.StructType:
		for _, f := range t.Fields() {
			inner, err := odcsShape(f.Type)
			if err != nil {
				return p, err
			}
			inner.Name = f.Name
			p.Properties = append(p.Properties, inner)
		}
	case arrow.ListLikeType:
		if t.ID() != arrow.MAP {
			inner, err := odcsShape(t.Elem())
			p.Items = &inner
			return p, err
		}
	}
	return p, nil
}

// odcsRange writes numbers as numbers and moments as text.
func odcsRange(logical string, b Bounds) yaml.MapSlice {
	var out yaml.MapSlice
	for _, end := range []struct{ key, text string }{{"minimum", b.Min}, {"maximum", b.Max}} {
		if end.text == "" || logical == "string" {
			continue
		}
		var v any = end.text
		if logical == "integer" || logical == "number" {
			number := strings.TrimSpace(end.text)
			if n, err := strconv.ParseInt(number, 10, 64); err == nil {
				v = n
			} else if x, err := strconv.ParseFloat(number, 64); err == nil {
				v = x
			}
		}
		out = append(out, yaml.MapItem{Key: end.key, Value: v})
	}
	return out
}

var odcsName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// odcsReference writes a foreign key in the standard's shorthand
// "table.column"; ok is false where a name does not fit it.
func odcsReference(table string, k ForeignKey) (odcsRelationship, bool) {
	var from, to []string
	for i, f := range k.Fields {
		for _, n := range []string{table, f, k.Table, k.References[i]} {
			if !odcsName.MatchString(n) {
				return odcsRelationship{}, false
			}
		}
		from, to = append(from, table+"."+f), append(to, k.Table+"."+k.References[i])
	}
	if len(from) == 1 {
		return odcsRelationship{"foreignKey", from[0], to[0]}, true
	}
	return odcsRelationship{"foreignKey", from, to}, true
}
