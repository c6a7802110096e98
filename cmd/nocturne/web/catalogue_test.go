package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/cmd/nocturne/web"
)

type shelf struct {
	list  []web.Dataset
	files map[string]string
	err   error
}

func (s shelf) List(context.Context) ([]web.Dataset, error) { return s.list, s.err }

type seekable struct{ *bytes.Reader }

func (seekable) Close() error { return nil }

func (s shelf) Open(_ context.Context, dataset, version, file string) (web.DatasetFile, error) {
	text, ok := s.files[dataset+"/"+version+"/"+file]
	if !ok {
		return web.DatasetFile{}, fs.ErrNotExist
	}
	var body io.ReadCloser = seekable{bytes.NewReader([]byte(text))}
	if file == "README.md" {
		body = io.NopCloser(bytes.NewReader([]byte(text)))
	}
	return web.DatasetFile{Body: body, Bytes: int64(len(text))}, s.err
}

func census() shelf {
	return shelf{
		list: []web.Dataset{
			{
				Name: "census", Version: "2026-11-24", Rows: 48842, Published: time.Date(2026, 11, 24, 2, 14, 0, 0, time.UTC), Passed: true,
				Description: "Synthetic twin of the UCI Adult table, with labels.", Verdict: "Every measure is within its ceiling; no attack beats the control.",
				Files: []web.FileInfo{{"README.md", 3120}, {"data/train-00000-of-00002.parquet", 812_345}, {"data/train-00001-of-00002.parquet", 640_001}, {"report.html", 184_220}},
			},
			{Name: "census", Version: "2026-11-23", Rows: 48840, Published: time.Date(2026, 11, 23, 2, 11, 0, 0, time.UTC), Verdict: "Two copies of real rows were found."},
		},
		files: map[string]string{
			"census/2026-11-24/README.md": "# Census <b>", "census/2026-11-24/report.html": "<p>report", "census/2026-11-24/data/train-00000-of-00002.parquet": "PAR1 PAR1",
		},
	}
}

func TestCatalogueListsAndServes(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(web.CatalogueHandler(census(), web.Options{}))
	defer s.Close()
	r, body := get(t, s.URL+"/")
	require.Equal(t, http.StatusOK, r.StatusCode)
	for _, want := range []string{"48,842 rows", "1.6 MB", ">2026-11-24<", "Gate passed", "Gate refused", `href="/datasets/census/2026-11-24/report.html"`, `href="/datasets/census/2026-11-24/data/train-00000-of-00002.parquet"`} {
		require.Contains(t, body, want)
	}
	r, body = get(t, s.URL+"/datasets/census/2026-11-24/report.html")
	require.Equal(t, "<p>report", body)
	require.Contains(t, r.Header.Get("Content-Security-Policy"), "sandbox")
	r, body = get(t, s.URL+"/datasets/census/2026-11-24/README.md")
	require.Equal(t, "# Census <b>", body)
	require.Equal(t, "text/plain; charset=utf-8", r.Header.Get("Content-Type"))
	r, body = get(t, s.URL+"/datasets/census/2026-11-24/data/train-00000-of-00002.parquet", "Range", "bytes=0-3")
	require.Equal(t, http.StatusPartialContent, r.StatusCode)
	require.Equal(t, "PAR1", body)
	require.Contains(t, r.Header.Get("Content-Disposition"), "attachment")
	for _, path := range []string{"/datasets/census/2026-11-24/none", "/datasets/census/2026-11-24/..%2f..%2fetc/passwd", "/datasets/census/2026-11-24/", "/nothing"} {
		r, _ = get(t, s.URL+path)
		require.Equal(t, http.StatusNotFound, r.StatusCode, path)
	}
}

func TestCatalogueWithoutAStore(t *testing.T) {
	t.Parallel()
	broken := census()
	broken.err = errors.New("secret bucket")
	s := httptest.NewServer(web.CatalogueHandler(broken, web.Options{}))
	defer s.Close()
	for _, path := range []string{"/", "/datasets/census/2026-11-24/README.md"} {
		r, body := get(t, s.URL+path)
		require.Equal(t, http.StatusBadGateway, r.StatusCode)
		require.NotContains(t, body, "secret")
	}
	s2 := httptest.NewServer(web.CatalogueHandler(shelf{}, web.Options{}))
	defer s2.Close()
	_, body := get(t, s2.URL+"/")
	require.Contains(t, body, "Nothing is published yet")
}
