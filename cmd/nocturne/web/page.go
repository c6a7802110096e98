package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"thousands": thousands,
	"bytes":     byteSize,
	"day":       func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"json": func(v any) (string, error) {
		b, err := json.Marshal(v)
		return string(b), err
	},
	"share": func(part, whole int) int {
		if whole == 0 {
			return 0
		}
		return part * 100 / whole
	},
}).ParseFS(assets, "assets/*.html"))

// view is what every page's template gets.
type view struct {
	Title string
	Here  string // "datasets" or "labels"
	Links []Link
	Data  any
}

// render writes a page, or an error page when the template fails.
func (o Options) render(w http.ResponseWriter, status int, name string, v view) {
	v.Links = o.Links
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, v); err != nil {
		o.fault("render "+name, err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// message is a page with one sentence.
func (o Options) message(w http.ResponseWriter, status int, title, text string) {
	o.render(w, status, "message.html", view{Title: title, Data: text})
}

// asset serves the style sheet and the scripts.
func asset(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	var kind string
	switch path.Ext(name) {
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	default:
		http.NotFound(w, r)
		return
	}
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(b)
}

// thousands writes 48842 as 48,842.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// byteSize writes a size with a decimal unit.
func byteSize(n int64) string {
	f, unit := float64(n), 0
	for f >= 1000 && unit < 4 {
		f, unit = f/1000, unit+1
	}
	if unit == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + []string{"B", "kB", "MB", "GB", "TB"}[unit]
}
