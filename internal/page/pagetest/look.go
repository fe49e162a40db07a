//go:build slow

// Package pagetest looks at pages in a browser, for tests.
package pagetest

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// limit is for one page in all its forms, on a machine that does much else.
const limit = 3 * time.Minute

//go:embed probe.js
var probe string

// sight is one way to look at a page.
type sight struct {
	width  int64 // pixels
	scheme string
}

var sights = []sight{{390, "light"}, {390, "dark"}, {1400, "light"}, {1400, "dark"}}

// Look opens a page in headless Chromium on a phone and on a desk, light and dark, prints
// it, and fails the test where a part is not seen, something overflows, text can hardly
// be read, or the page asks the network for anything. Where CLINFLOW_SHOTS names a folder,
// pictures and the print are left there.
func Look(t *testing.T, file string, parts ...string) {
	t.Helper()
	b := Open(t)
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	b.Look(t, address, parts...)
	list := b.Asked()
	if !slices.Contains(list, address) {
		t.Error("nothing was seen of what the page asks for")
	}
	for _, other := range list {
		if other != address {
			t.Errorf("the page asked for %s", other)
		}
	}
}

// Browser is a headless Chromium with one page. Its test ends it.
type Browser struct {
	ctx   context.Context
	asked func() []string
}

// Open starts a browser.
func Open(t *testing.T) *Browser {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed: apt-get install chromium")
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	asked, err := watch(ctx)
	must(t, err)
	return &Browser{ctx, asked}
}

// Asked is all that pages asked for so far, they themselves too.
func (b *Browser) Asked() []string { return b.asked() }

// Look looks at a page in all its forms, as Look does, whatever it asks for.
func (b *Browser) Look(t *testing.T, address string, parts ...string) {
	t.Helper()
	for _, s := range sights {
		t.Run(fmt.Sprint(s.width, " ", s.scheme), func(t *testing.T) { s.look(b.ctx, t, address, parts) })
	}
	t.Run("print", func(t *testing.T) { printed(b.ctx, t, address) })
}

// Visit opens a page.
func (b *Browser) Visit(t *testing.T, address string) {
	t.Helper()
	must(t, chromedp.Do(b.ctx, chromedp.Navigate(address)))
}

// Eval is the value of a JavaScript expression on the page.
func Eval[T any](t *testing.T, b *Browser, expression string) T {
	t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	must(t, err)
	return value
}

// Shoot leaves a picture of the page as it is, where somebody wants to look at it.
func (b *Browser) Shoot(t *testing.T, name string) {
	t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	must(t, err)
	keep(t, name+".png", picture)
}

// watch notes all that is asked for, the page itself too.
func watch(ctx context.Context) (func() []string, error) {
	var mu sync.Mutex
	var asked []string
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, e.Request.URL)
		}
	})
	if err == nil {
		_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}, err
}

func (s sight) look(ctx context.Context, t *testing.T, address string, parts []string) {
	ids, err := json.Marshal(append([]string{}, parts...)) // none is []
	must(t, err)
	theme := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}}}
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, theme)
	must(t, err)
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(s.width, 900), chromedp.Navigate(address)))
	_, err = chromedp.Run(ctx, chromedp.Evaluate[int]("document.querySelectorAll('details').forEach((d) => { d.open = true }), 0"))
	must(t, err)
	wrong, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("("+probe+")("+string(ids)+")"))
	must(t, err)
	for _, what := range wrong {
		t.Error(what)
	}
	dark, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((c) => c < 128)"))
	must(t, err)
	if dark != (s.scheme == "dark") {
		t.Errorf("the page is dark: %v", dark)
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	must(t, err)
	keep(t, fmt.Sprintf("%d-%s.png", s.width, s.scheme), picture)
}

func printed(ctx context.Context, t *testing.T, address string) {
	must(t, chromedp.Do(ctx, chromedp.EmulateReset(), chromedp.Navigate(address)))
	yes := true
	print, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes, PrintBackground: &yes})
	must(t, err)
	if !bytes.HasPrefix(print.Data, []byte("%PDF-")) || !bytes.Contains(print.Data, []byte("/Type /Page\n")) {
		t.Errorf("%d bytes are no print with a page", len(print.Data))
	}
	keep(t, "print.pdf", print.Data)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keep leaves a file where somebody wants to look at it.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	folder := os.Getenv("CLINFLOW_SHOTS")
	if folder == "" {
		return
	}
	test := path.Dir(t.Name())
	if test == "." {
		test = t.Name()
	}
	must(t, os.WriteFile(filepath.Join(folder, strings.ReplaceAll(test, "/", "-")+"-"+name), data, 0o600))
}
