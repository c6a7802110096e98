package web

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"time"
)

// Catalogue is where the start page gets published datasets. Implementations are
// safe for concurrent use.
type Catalogue interface {
	// List returns the published versions, newest first.
	List(ctx context.Context) ([]Dataset, error)
	// Open opens one file of a version. fs.ErrNotExist when there is none. A Body
	// that is an io.ReadSeeker is served with ranges.
	Open(ctx context.Context, dataset, version, file string) (DatasetFile, error)
}

// Dataset is one published version.
type Dataset struct {
	Name, Version string
	Description   string
	Published     time.Time
	Rows          int64
	// Verdict is the gate's one sentence; Passed whether it let the version
	// through.
	Verdict string
	Passed  bool
	Files   []FileInfo // paths relative to the version, in display order
}

// FileInfo names a file of a version.
type FileInfo struct {
	Path  string
	Bytes int64
}

// DatasetFile is an open file. The caller closes Body.
type DatasetFile struct {
	Body     io.ReadCloser
	Bytes    int64
	Modified time.Time
}

// Bytes returns the size of all files.
func (d Dataset) Bytes() int64 {
	n := int64(0)
	for _, f := range d.Files {
		n += f.Bytes
	}
	return n
}

// Has tells whether the version has a file of this path.
func (d Dataset) Has(file string) bool {
	for _, f := range d.Files {
		if f.Path == file {
			return true
		}
	}
	return false
}

// CatalogueHandler serves the start page at / and the files of published versions
// below /datasets/{dataset}/{version}/.
func CatalogueHandler(source Catalogue, opt Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{name}", asset)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		list, err := source.List(r.Context())
		if err != nil {
			opt.fault("list datasets", err)
			opt.message(w, http.StatusBadGateway, "Datasets", "The store does not answer right now.")
			return
		}
		opt.render(w, http.StatusOK, "catalogue.html", view{Title: "Published datasets", Here: "datasets", Data: list})
	})
	mux.HandleFunc("GET /datasets/{dataset}/{version}/{file...}", func(w http.ResponseWriter, r *http.Request) {
		serveFile(w, r, source, opt)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		opt.message(w, http.StatusNotFound, "Not here", "There is no such page.")
	})
	return guard(opt, mux)
}

func serveFile(w http.ResponseWriter, r *http.Request, source Catalogue, opt Options) {
	file := r.PathValue("file")
	if !fs.ValidPath(file) || file == "." {
		opt.message(w, http.StatusNotFound, "Not here", "There is no such file.")
		return
	}
	f, err := source.Open(r.Context(), r.PathValue("dataset"), r.PathValue("version"), file)
	if errors.Is(err, fs.ErrNotExist) {
		opt.message(w, http.StatusNotFound, "Not here", "There is no such file.")
		return
	}
	if err != nil {
		opt.fault("open dataset file", err)
		opt.message(w, http.StatusBadGateway, "Datasets", "The store does not answer right now.")
		return
	}
	defer f.Body.Close()
	h := w.Header()
	switch path.Ext(file) {
	case ".html":
		// A report is one self-contained page with its own styles and plots. It
		// gets an origin of its own, so that it cannot act for the reader here.
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-modals")
	case ".md", ".txt", ".yaml", ".yml", ".csv", ".jsonl":
		h.Set("Content-Type", "text/plain; charset=utf-8")
	case ".json":
		h.Set("Content-Type", "application/json")
	default:
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(file)}))
	}
	if s, ok := f.Body.(io.ReadSeeker); ok {
		http.ServeContent(w, r, "", f.Modified, s)
		return
	}
	if f.Bytes > 0 {
		h.Set("Content-Length", strconv.FormatInt(f.Bytes, 10))
	}
	if _, err := io.Copy(w, f.Body); err != nil {
		opt.fault("send dataset file", err)
	}
}
