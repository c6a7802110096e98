package lineage

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"time"
)

// croissantVersion is the specification that metadata conforms to.
const croissantVersion = "http://mlcommons.org/croissant/1.1"

// WriteCroissant writes croissant.json in the Croissant 1.1 vocabulary: every
// file as a FileObject with its digest, the files of a config as a FileSet, its
// splits as a Split record set, and its columns as a RecordSet over the file
// set. The file belongs in the dataset's root.
func WriteCroissant(w io.Writer, d Dataset) error {
	if err := incomplete("Croissant", d.checkCroissant()); err != nil {
		return err
	}
	out, err := indented(croissant(d))
	if err != nil {
		return fmt.Errorf("lineage: Croissant: %w", err)
	}
	_, err = w.Write(out)
	return err
}

func (d Dataset) checkCroissant() []string {
	gaps := d.check()
	for _, need := range []struct {
		ok  bool
		say string
	}{
		{d.LicenseURL != "", "license URL: is empty"},
		{d.URL != "", "URL: is empty"},
		{d.Creator != "", "creator: is empty"},
		{d.Version != "", "version: is empty"},
		{!d.Published.IsZero(), "published: is not set"},
	} {
		if !need.ok {
			gaps = append(gaps, need.say)
		}
	}
	for _, c := range d.Configs {
		for _, s := range c.Splits {
			for _, f := range s.Files {
				if base := path.Base(f.Path); !strings.HasPrefix(base, s.Name+"-") && !strings.HasPrefix(base, s.Name+".") {
					gaps = append(gaps, fmt.Sprintf("file %q: the file name must begin with its split, %q", f.Path, s.Name))
				}
				if !sha256Hex.MatchString(f.SHA256) {
					gaps = append(gaps, fmt.Sprintf("file %q: SHA-256 must be 64 lower-case hexadecimal digits", f.Path))
				}
			}
		}
	}
	return gaps
}

// croissantContext is the @context of the specification; both keys and order
// are fixed.
func croissantContext() object {
	return object{
		{"@language", "en"},
		{"@vocab", "https://schema.org/"},
		{"arrayShape", "cr:arrayShape"},
		{"citeAs", "cr:citeAs"},
		{"column", "cr:column"},
		{"conformsTo", "dct:conformsTo"},
		{"containedIn", "cr:containedIn"},
		{"cr", "http://mlcommons.org/croissant/"},
		{"data", object{{"@id", "cr:data"}, {"@type", "@json"}}},
		{"dataType", object{{"@id", "cr:dataType"}, {"@type", "@vocab"}}},
		{"dct", "http://purl.org/dc/terms/"},
		{"equivalentProperty", "cr:equivalentProperty"},
		{"examples", object{{"@id", "cr:examples"}, {"@type", "@json"}}},
		{"extract", "cr:extract"},
		{"field", "cr:field"},
		{"fileObject", "cr:fileObject"},
		{"fileProperty", "cr:fileProperty"},
		{"fileSet", "cr:fileSet"},
		{"format", "cr:format"},
		{"includes", "cr:includes"},
		{"isArray", "cr:isArray"},
		{"isLiveDataset", "cr:isLiveDataset"},
		{"jsonPath", "cr:jsonPath"},
		{"key", "cr:key"},
		{"md5", "cr:md5"},
		{"parentField", "cr:parentField"},
		{"path", "cr:path"},
		{"rai", "http://mlcommons.org/croissant/RAI/"},
		{"recordSet", "cr:recordSet"},
		{"references", "cr:references"},
		{"regex", "cr:regex"},
		{"repeated", "cr:repeated"},
		{"replace", "cr:replace"},
		{"samplingRate", "cr:samplingRate"},
		{"sc", "https://schema.org/"},
		{"separator", "cr:separator"},
		{"source", "cr:source"},
		{"subField", "cr:subField"},
		{"transform", "cr:transform"},
	}
}

func croissant(d Dataset) object {
	out := object{
		{"@context", croissantContext()},
		{"@type", "sc:Dataset"},
		{"conformsTo", croissantVersion},
		{"name", d.Name},
		{"description", d.Description},
		{"version", d.Version},
		{"license", d.LicenseURL},
		{"url", d.URL},
		{"creator", object{{"@type", "sc:Organization"}, {"name", d.Creator}}},
		{"datePublished", d.Published.UTC().Format(time.DateOnly)},
	}
	if d.Title != "" {
		out = append(out, member{"alternateName", d.Title})
	}
	if d.Cite != "" {
		out = append(out, member{"citeAs", d.Cite})
	}
	keywords := d.Keywords
	if d.Synthetic {
		keywords = append([]string{"synthetic"}, keywords...)
	}
	if len(keywords) > 0 {
		out = append(out, member{"keywords", keywords})
	}
	if d.Privacy != "" {
		out = append(out, member{"rai:personalSensitiveInformation", d.Privacy})
	}
	var distribution, records []object
	for _, c := range d.Configs {
		var includes []string
		for _, s := range c.Splits {
			includes = append(includes, s.patterns()...)
			for _, f := range s.Files {
				distribution = append(distribution, object{
					{"@type", "cr:FileObject"},
					{"@id", f.Path},
					{"name", f.Path},
					{"contentUrl", f.Path},
					{"contentSize", fmt.Sprintf("%d B", f.Bytes)},
					{"encodingFormat", "application/x-parquet"},
					{"sha256", f.SHA256},
				})
			}
		}
		distribution = append(distribution, object{
			{"@type", "cr:FileSet"},
			{"@id", c.fileSet()},
			{"name", c.fileSet()},
			{"description", "Parquet files of " + c.Name + "."},
			{"encodingFormat", "application/x-parquet"},
			{"includes", includes},
		})
		records = append(records, c.splitRecords(), c.records())
	}
	return append(out, member{"distribution", distribution}, member{"recordSet", records})
}

func (c Config) fileSet() string { return c.Name + "-files" }

// splitRecords lists the split names as a cr:Split record set.
func (c Config) splitRecords() object {
	id := c.Name + "-splits"
	var data []object
	for _, s := range c.Splits {
		data = append(data, object{{id + "/name", s.Name}})
	}
	return object{
		{"@type", "cr:RecordSet"},
		{"@id", id},
		{"name", id},
		{"description", "Splits of " + c.Name + "."},
		{"dataType", "cr:Split"},
		{"key", object{{"@id", id + "/name"}}},
		{"field", []object{{{"@type", "cr:Field"}, {"@id", id + "/name"}, {"name", "name"}, {"description", "Name of the split."}, {"dataType", "sc:Text"}}}},
		{"data", data},
	}
}

// records describes the columns; the split of a row is read from the name of
// its file.
func (c Config) records() object {
	names := make([]string, len(c.Splits))
	for i, s := range c.Splits {
		names[i] = regexp.QuoteMeta(s.Name)
	}
	description := c.Description
	if description == "" {
		description = "Rows of " + c.Name + "."
	}
	set := object{{"@id", c.fileSet()}}
	splitID := c.Name + "-splits"
	fields := []object{{
		{"@type", "cr:Field"},
		{"@id", c.Name + "/split"},
		{"name", "split"},
		{"description", "Split that the row belongs to."},
		{"dataType", "sc:Text"},
		{"source", object{
			{"fileSet", set},
			{"extract", object{{"fileProperty", "fullpath"}}},
			{"transform", object{{"regex", ".*/(" + strings.Join(names, "|") + ")[-.][^/]*$"}}},
		}},
		{"references", object{{"field", object{{"@id", splitID + "/name"}}}}},
	}}
	for _, f := range c.Fields {
		fields = append(fields, f.croissant(c.Name+"/column/"+f.Name, set, f.Name, ""))
	}
	return object{{"@type", "cr:RecordSet"}, {"@id", c.Name}, {"name", c.Name}, {"description", description}, {"field", fields}}
}

// croissant describes one column, or one field of a struct at jsonPath within
// it.
func (f Field) croissant(id string, set object, column, jsonPath string) object {
	out := object{{"@type", "cr:Field"}, {"@id", id}, {"name", f.Name}}
	if f.Description != "" {
		out = append(out, member{"description", f.Description})
	}
	item := f
	for item.List != nil {
		item = *item.List
	}
	source := object{{"fileSet", set}, {"extract", object{{"column", column}}}}
	if jsonPath != "" {
		source = append(source, member{"transform", object{{"jsonPath", jsonPath}}})
	}
	if item.Struct == nil {
		out = append(out, member{"dataType", item.Croissant})
	}
	out = append(out, member{"source", source})
	if f.List != nil {
		out = append(out, member{"isArray", true}, member{"arrayShape", f.shape()})
	}
	if item.Struct != nil {
		var inner []object
		for _, s := range item.Struct {
			at := s.Name
			if jsonPath != "" {
				at = jsonPath + "." + s.Name
			}
			inner = append(inner, s.croissant(id+"/"+s.Name, set, column, at))
		}
		out = append(out, member{"subField", inner})
	}
	return out
}

// shape is "-1" for a list, "-1,-1" for a list of lists.
func (f Field) shape() string {
	if f.List == nil || f.List.List == nil {
		return "-1"
	}
	return "-1," + f.List.shape()
}
