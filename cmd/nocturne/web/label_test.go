package web_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/cmd/nocturne/web"
	"github.com/nocturne-data/nocturne/labeling"
)

type client struct {
	t    testing.TB
	http *http.Client
	base string
}

func newClient(t testing.TB, base, name string) *client {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := &client{t, &http.Client{Jar: jar}, base}
	if name != "" {
		status, _ := c.post("name", `{"name":"`+name+`"}`)
		require.Equal(t, http.StatusOK, status)
	}
	return c
}

type answer struct {
	Tasks    []map[string]any
	Progress map[string]int
	Error    struct{ Code, Message string }
}

func (c *client) post(call, body string) (int, answer) {
	r, err := c.http.Post(c.base+"/label/census.income/"+call, "application/json", strings.NewReader(body))
	require.NoError(c.t, err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(c.t, err)
	var a answer
	require.NoError(c.t, json.Unmarshal(b, &a), string(b))
	return r.StatusCode, a
}

func serve(t testing.TB, m *memory, opt web.Options) string {
	s := httptest.NewServer(web.LabelHandler(m, opt))
	t.Cleanup(s.Close)
	return s.URL
}

func get(t testing.TB, url string, headers ...string) (*http.Response, string) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	r, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	require.NoError(t, err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r, string(b)
}

func TestCallsFromLeaseToUndo(t *testing.T) {
	t.Parallel()
	m := newMemory(t, labeling.Config{GoldShare: -1}, questions(5))
	c := newClient(t, serve(t, m, web.Options{}), "")
	status, a := c.post("next", `{"n":3}`)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "no_name", a.Error.Code)

	c = newClient(t, c.base, "ann b")
	status, a = c.post("next", `{"n":99}`)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, a.Tasks, 3, "a page holds three tasks at most")
	require.Equal(t, "column:people.note", a.Tasks[0]["id"])
	require.InDelta(t, 600, a.Tasks[0]["seconds"], 5)
	require.NotEmpty(t, a.Tasks[0]["guesses"])
	require.Nil(t, a.Tasks[1]["guesses"], "a guess about a row would anchor the annotator")
	_, a = c.post("next", `{"n":3,"have":["column:people.note"]}`)
	require.Equal(t, true, a.Tasks[0]["known"])
	require.Nil(t, a.Tasks[0]["fields"])

	status, _ = c.post("answer", `{"task":"column:people.note","label":"free_text:sensitive"}`)
	require.Equal(t, http.StatusOK, status)
	status, a = c.post("answer", `{"task":"row:0000","label":"rich"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "wrong_label", a.Error.Code)
	status, a = c.post("skip", `{"task":"row:0000"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]int{"tasks": 6, "done": 1, "set_aside": 0, "mine": 1, "people": 1}, a.Progress)
	_, a = c.post("undo", `{}`)
	require.Equal(t, "row:0000", a.Tasks[0]["id"])
	_, a = c.post("release", `{"tasks":["row:0000","row:0001","nonsense"]}`)
	require.Empty(t, a.Error.Code)
	require.Len(t, m.answers(), 1)
	status, a = c.post("answer", `{"task":"row:0000","label":">50K"}`)
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "not_leased", a.Error.Code)
}

func TestThePageDoesNotTellWhatIsGold(t *testing.T) {
	t.Parallel()
	tasks := questions(1)[1:]
	tasks = append(tasks, labeling.Task{ID: "row:g", Kind: labeling.RowTask, Gold: ">50K", Slice: labeling.Control})
	m := newMemory(t, labeling.Config{GoldShare: 0.5, Seed: 3}, tasks)
	c := newClient(t, serve(t, m, web.Options{}), "ann")
	for range 3 {
		r, err := c.http.Post(c.base+"/label/census.income/next", "application/json", strings.NewReader(`{"n":3}`))
		require.NoError(t, err)
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		require.NotContains(t, strings.ToLower(string(b)), "gold")
		require.NotContains(t, string(b), "control")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	faults := 0
	m := newMemory(t, labeling.Config{}, questions(2))
	base := serve(t, m, web.Options{Fault: func(string, error) { faults++ }})
	c := newClient(t, base, "ann")
	for name, body := range map[string]string{"syntax": `{"n"`, "unknown field": `{"x":1}`, "huge": `{"task":"` + strings.Repeat("x", 70000) + `"}`} {
		status, a := c.post("next", body)
		require.Equal(t, http.StatusBadRequest, status, name)
		require.Equal(t, "invalid", a.Error.Code)
	}
	status, _ := c.post("name", `{"name":"<b>"}`)
	require.Equal(t, http.StatusBadRequest, status)
	r, err := c.http.PostForm(base+"/label/census.income/next", url.Values{"n": {"1"}})
	require.NoError(t, err)
	r.Body.Close()
	require.Equal(t, http.StatusUnsupportedMediaType, r.StatusCode)
	page, body := get(t, base+"/label/nothing")
	require.Equal(t, http.StatusNotFound, page.StatusCode)
	require.Contains(t, body, "No such queue")

	m.mu.Lock()
	m.down = errors.New("secret connection string")
	m.mu.Unlock()
	status, a := c.post("next", `{"n":1}`)
	require.Equal(t, http.StatusBadGateway, status)
	require.NotContains(t, a.Error.Message, "secret")
	require.Equal(t, 1, faults)
	_, body = get(t, base+"/label/")
	require.NotContains(t, body, "secret")
}

func TestOtherSitesCannotAct(t *testing.T) {
	t.Parallel()
	m := newMemory(t, labeling.Config{}, questions(2))
	base := serve(t, m, web.Options{})
	for name, headers := range map[string]map[string]string{
		"origin":     {"Origin": "https://evil.example"},
		"null":       {"Origin": "null"},
		"fetch site": {"Sec-Fetch-Site": "cross-site"},
		"same site":  {"Sec-Fetch-Site": "same-site"},
	} {
		req, err := http.NewRequest(http.MethodPost, base+"/label/census.income/next", strings.NewReader(`{"n":1}`))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.AddCookie(&http.Cookie{Name: "nocturne_annotator", Value: "ann"})
		for k, v := range headers {
			req.Header.Set(k, v)
		}
		r, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		r.Body.Close()
		require.Equal(t, http.StatusForbidden, r.StatusCode, name)
	}
	r, _ := get(t, base+"/label/", "Host", "evil.example")
	require.Equal(t, http.StatusMisdirectedRequest, r.StatusCode, "DNS rebinding")
	for _, host := range []string{"localhost:1", "127.0.0.1:1", "[::1]:1", "ui.localhost"} {
		r, _ = get(t, base+"/label/", "Host", host)
		require.Equal(t, http.StatusOK, r.StatusCode, host)
	}
	for k, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
		require.Equal(t, want, r.Header.Get(k))
	}
	csp := r.Header.Get("Content-Security-Policy")
	require.Contains(t, csp, "default-src 'none'")
	require.NotContains(t, csp, "unsafe")
}

func TestToken(t *testing.T) {
	t.Parallel()
	base := serve(t, newMemory(t, labeling.Config{}, questions(2)), web.Options{Token: "right token"})
	r, _ := get(t, base+"/label/")
	require.Equal(t, http.StatusUnauthorized, r.StatusCode)
	r, _ = get(t, base+"/label/?token=wrong")
	require.Equal(t, http.StatusUnauthorized, r.StatusCode)
	r, _ = get(t, base+"/label/", "Authorization", "Bearer right token", "Host", "nocturne.example")
	require.Equal(t, http.StatusOK, r.StatusCode)
	r, _ = get(t, base+"//evil.example/label/?token=right+token")
	require.NotContains(t, r.Header.Get("Location"), "//")
	r, _ = get(t, base+"/label/?token=right+token")
	require.Equal(t, http.StatusSeeOther, r.StatusCode)
	require.Equal(t, "/label/", r.Header.Get("Location"), "the token leaves the address")
	cookie := r.Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.NotContains(t, cookie.Value, "right")
	r, _ = get(t, base+"/label/", "Cookie", cookie.Name+"="+cookie.Value)
	require.Equal(t, http.StatusOK, r.StatusCode)

	require.NoError(t, web.CheckAddress("127.0.0.1:80", ""))
	require.NoError(t, web.CheckAddress("[::1]:80", ""))
	require.NoError(t, web.CheckAddress(":80", "x"))
	require.ErrorIs(t, web.CheckAddress(":80", ""), web.ErrTokenNeeded)
	require.ErrorIs(t, web.CheckAddress("0.0.0.0:80", ""), web.ErrTokenNeeded)
	require.Error(t, web.CheckAddress("nonsense", ""))
}

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	m := newMemory(t, labeling.Config{}, questions(2))
	base := serve(t, m, web.Options{Links: []web.Link{{Title: "Temporal", URL: "http://127.0.0.1:8233"}}})
	for _, path := range []string{"/label/", "/label/census.income", "/label/none", "/label/assets/style.css", "/label/assets/label.js", "/label/assets/moon.svg"} {
		r, body := get(t, base+path)
		require.NotEqual(t, http.StatusInternalServerError, r.StatusCode, path)
		for _, at := range []string{`src="http`, `href="//`, "url(", "@import", "<style", " style=", "onclick", "eval("} {
			require.NotContains(t, body, at, path)
		}
	}
	_, body := get(t, base+"/label/census.income")
	require.Contains(t, body, "Income is before tax.")
	require.Contains(t, body, `data-classes="[{&#34;value&#34;`)
	r, _ := get(t, base+"/label/assets/label.html")
	require.Equal(t, http.StatusNotFound, r.StatusCode)
}

func TestExpiredLeaseIsExplained(t *testing.T) {
	t.Parallel()
	m := newMemory(t, labeling.Config{GoldShare: -1}, questions(2))
	c := newClient(t, serve(t, m, web.Options{}), "ann")
	c.post("next", `{"n":1}`)
	m.mu.Lock()
	m.now = func() time.Time { return time.Now().Add(time.Hour) }
	m.mu.Unlock()
	status, a := c.post("answer", `{"task":"column:people.note","label":"free_text:sensitive"}`)
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "lease_expired", a.Error.Code)
}
