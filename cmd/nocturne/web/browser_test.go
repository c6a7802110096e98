package web_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/cmd/nocturne/web"
	"github.com/nocturne-data/nocturne/labeling"
)

var screenshots = flag.String("screenshots", "", "folder to write screenshots of the pages to")

// browser starts headless Chromium with a profile of its own. Without a binary
// the test is skipped; CI installs one and forbids skips.
func browser(t *testing.T) context.Context {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium found: install the package chromium to run the browser tests")
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1180, 820),
	}
	for _, f := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "hide-scrollbars"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

// person opens a tab with cookies of its own and fails the test on any message
// that the page leaves in the console.
func person(parent context.Context, t *testing.T) context.Context {
	var mu sync.Mutex
	var faults []string
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			faults = append(faults, e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			// Chromium reports every 409 as an error; the page expects those.
			if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "status of 409") {
				faults = append(faults, e.Entry.Text)
			}
		}
	}))
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		require.Empty(t, faults, "the page left errors in the console")
	})
	return ctx
}

func shoot(ctx context.Context, t *testing.T, name string) {
	if *screenshots == "" {
		return
	}
	for _, theme := range []string{"light", "dark"} {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		})
		require.NoError(t, err)
		time.Sleep(300 * time.Millisecond) // the transitions
		b, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name+"-"+theme+".png"), b, 0o644))
	}
}

// until waits for a condition. It polls by the clock: a tab in the background
// draws no frames to poll at.
func until(condition string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(20*time.Second))
}

// at waits until the page shows a task.
func at(id string) chromedp.Action[chromedp.Void] {
	return until(fmt.Sprintf(`document.querySelector("#task:not([hidden])")?.dataset.task === %q`, id))
}

func press(keys string) chromedp.Action[chromedp.Void] { return chromedp.KeyEvent(keys) }

// text waits until an element holds a text.
func text(selector, want string) chromedp.Action[chromedp.Void] {
	return until(fmt.Sprintf(`document.querySelector(%q)?.textContent.includes(%q)`, selector, want))
}

func enter(base, name string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.Navigate(base+"/label/census.income"),
		chromedp.WaitVisible(chromedp.CSS("#name")),
		chromedp.SendKeys(chromedp.CSS("#name"), name+kb.Enter),
	)
}

func TestLabellingByKeyboard(t *testing.T) {
	t.Parallel()
	m := newMemory(t, labeling.Config{GoldShare: -1}, questions(6))
	base := serve(t, m, web.Options{})
	ctx := person(browser(t), t)
	run := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			state, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`[document.activeElement.id, document.querySelector("#task").dataset.task, document.querySelector("#filter").value, document.querySelector("#said").textContent].join(" | ")`))
			t.Fatalf("%v: focus, task, filter, message: %s", err, state)
		}
	}

	run(chromedp.Navigate(base+"/label/"), text("h2", "Census: income class"))
	shoot(ctx, t, "queues")
	run(chromedp.Navigate(base + "/label/census.income"))
	shoot(ctx, t, "name")
	run(enter(base, "Ann"), at("column:people.note"), text("#who", "Ann"))
	run(text("#guesses", "48 %"), text("#evidence", "phone number"), text("#lease", "held for you for"))
	shoot(ctx, t, "column")

	// A long list is searched with "/", Enter takes the first match.
	run(press("/"), chromedp.SendKeys(chromedp.CSS("#filter"), "iban"))
	shoot(ctx, t, "filter")
	run(press(kb.Enter), at("row:0000"))
	shoot(ctx, t, "row")
	// Keys, faster than the network: three answers and a skip in one go.
	run(press("1"), at("row:0001"), press("2"), at("row:0002"), press("1"), at("row:0003"), press("s"), at("row:0004"))
	run(text("#done", "4 of 7"), text("#mine", "4 by you"))
	// Undo the skip, then the answer before it; the earlier choice is marked.
	run(press("u"), at("row:0003"), press("u"), at("row:0002"))
	run(chromedp.WaitVisible(chromedp.CSS(`.choice[aria-pressed="true"][data-key="1"]`)))
	shoot(ctx, t, "undone")
	run(press("2"), at("row:0003"), press("1"), at("row:0004"), text("#done", "5 of 7"))
	// Help opens, closes, and swallows keys while open.
	run(press("?"), chromedp.WaitVisible(chromedp.CSS("#help")), press("1"))
	shoot(ctx, t, "help")
	run(press(kb.Escape), chromedp.WaitNotVisible(chromedp.CSS("#help")), at("row:0004"))
	// A reload right after an answer loses nothing and asks for no name.
	run(press("1"), at("row:0005"), chromedp.Reload(), at("row:0005"))
	// A lease that was lost behind the page's back is taken again while it can be.
	require.NoError(t, m.Release(ctx, "census.income", "Ann", "row:0005"))
	run(press("1"))
	run(text("#pause-title", "All done"), text("#done", "7 of 7"))
	shoot(ctx, t, "done")

	got := map[string]string{}
	for _, a := range m.answers() {
		require.Equal(t, "Ann", a.Annotator)
		require.NotContains(t, got, a.Task)
		got[a.Task] = a.Label
	}
	require.Equal(t, map[string]string{
		"column:people.note": "iban:direct_identifier", "row:0000": "<=50K", "row:0001": ">50K", "row:0002": ">50K",
		"row:0003": "<=50K", "row:0004": "<=50K", "row:0005": "<=50K",
	}, got)
}

func TestTwoAnnotatorsAtOnce(t *testing.T) {
	t.Parallel()
	m := newMemory(t, labeling.Config{GoldShare: -1}, questions(40)[1:])
	base := serve(t, m, web.Options{})
	parent := browser(t)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, name := range []string{"Ann", "Bob"} {
		ctx := person(parent, t)
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = chromedp.Do(ctx, enter(base, name), chromedp.WaitVisible(chromedp.CSS("#task")))
			for step := 0; errs[i] == nil && step < 200; step++ {
				var state string
				state, errs[i] = chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("pause").hidden ? document.getElementById("task").hidden ? "wait" : "ask" : "end"`))
				switch state {
				case "ask":
					errs[i] = chromedp.Do(ctx, press(fmt.Sprint(1+step%2)))
				case "wait":
					time.Sleep(10 * time.Millisecond)
				default:
					return
				}
			}
		}()
	}
	wg.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	require.Eventually(t, func() bool { return len(m.answers()) == 40 }, 10*time.Second, 20*time.Millisecond)
	people, tasks := map[string]int{}, map[string]bool{}
	for _, a := range m.answers() {
		people[a.Annotator]++
		require.False(t, tasks[a.Task], "a task was labelled twice at overlap 1")
		tasks[a.Task] = true
	}
	require.Len(t, people, 2, "both took part")
}

func TestLeaseRunsOutOnThePage(t *testing.T) {
	t.Parallel()
	m := newMemory(t, labeling.Config{GoldShare: -1, LeaseSeconds: 2}, questions(3)[1:])
	base := serve(t, m, web.Options{})
	ctx := person(browser(t), t)
	require.NoError(t, chromedp.Do(ctx, enter(base, "Ann"), at("row:0000"), text("#pause-title", "Still there?")))
	shoot(ctx, t, "expired")
	require.NoError(t, chromedp.Do(ctx, press(kb.Enter), at("row:0000"), press("2"), at("row:0001")))
	require.Eventually(t, func() bool { return len(m.answers()) == 1 }, 5*time.Second, 20*time.Millisecond)
}

func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	m := newMemory(t, labeling.Config{GoldShare: -1}, questions(3))
	mux := http.NewServeMux()
	opt := web.Options{Links: []web.Link{{Title: "Temporal", URL: "http://127.0.0.1:8233"}}}
	mux.Handle("/label/", web.LabelHandler(m, opt))
	mux.Handle("/", web.CatalogueHandler(census(), opt))
	s := httptest.NewServer(mux)
	defer s.Close()
	ctx := person(browser(t), t)
	check := func(where string) {
		faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](audit))
		require.NoError(t, err)
		require.Empty(t, faults, where)
	}
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(s.URL+"/"), text("h1", "Published datasets")))
	shoot(ctx, t, "catalogue")
	check("catalogue")
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(s.URL+"/label/"), text("h1", "Label queues")))
	check("queues")
	require.NoError(t, chromedp.Do(ctx, enter(s.URL, "Ann"), at("column:people.note")))
	check("column question")
	require.NoError(t, chromedp.Do(ctx, press("1"), at("row:0000")))
	check("row")
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(390, 800, chromedp.EmulateMobile)))
	shoot(ctx, t, "phone")
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	require.NoError(t, err)
	require.False(t, wide, "the page scrolls sideways on a phone")
}

// audit looks for controls without a name, repeated ids, a missing language or
// title, headings that jump, and text whose contrast is below 4.5 to 1 (WCAG 2.2,
// criteria 1.3.1, 1.4.3, 2.4.2, 3.1.1, 4.1.2).
var audit = strings.TrimSpace(`
(() => {
  const faults = [];
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title) faults.push("no title");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => faults.push("id twice: " + id));
  const seen = (e) => e.checkVisibility() && e.getClientRects().length;
  for (const e of document.querySelectorAll("button, a[href], input, progress, meter")) {
    if (!seen(e)) continue;
    const name = e.textContent.trim() || e.getAttribute("aria-label") || (e.labels && [...e.labels].map((l) => l.textContent).join(""));
    if (!name) faults.push("no name: " + e.outerHTML.slice(0, 80));
  }
  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3")) {
    if (!seen(h)) continue;
    const n = Number(h.tagName[1]);
    if (n > level + 1) faults.push("heading jumps: " + h.textContent);
    level = n;
  }
  const rgb = (c) => c.match(/[\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = rgb(c).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor, v = rgb(c); if (v.length < 4 || v[3] > 0) return c; } return "rgb(255,255,255)"; };
  for (const e of document.querySelectorAll("body *")) {
    if (!seen(e) || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const a = light(getComputedStyle(e).color), b = light(ground(e));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faults.push("contrast " + contrast.toFixed(2) + ": " + e.textContent.trim().slice(0, 40));
  }
  return faults;
})()`)
