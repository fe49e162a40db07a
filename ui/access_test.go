package ui

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// TestNamesThatLeadHere: a name of somebody else may lead to this address.
func TestNamesThatLeadHere(t *testing.T) {
	out := []string{folderWith(t, "page")}
	here := serve(t, Options{Out: out, Hosts: []string{"proxy.example", "Study.Example.org"}})
	elsewhere := serve(t, Options{Out: out, Addr: "0.0.0.0:8090", Token: "0123456789abcdef"})
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]bool{
		"127.0.0.1:8090": {true, true}, "localhost:8090": {true, true}, "LOCALHOST": {true, true}, "[::1]:8090": {true, true}, "[::1]": {true, true},
		"proxy.example": {true, false}, "Study.Example.org": {true, false}, "study.example.org:8090": {true, false}, own + ":8090": {own == "localhost", true}, "10.1.2.3:8090": {false, true},
		"evil.example:8090": {}, "127.0.0.1.evil.example": {}, "": {},
	} {
		for i, h := range []http.Handler{here, elsewhere} {
			w := ask(h, "GET", "/", host(name), header("Authorization", "Bearer 0123456789abcdef"))
			if got := w.Code == http.StatusOK; got != want[i] || !got && w.Code != http.StatusMisdirectedRequest {
				t.Errorf("%q, server %d: %d", name, i, w.Code)
			}
		}
	}
}

func TestATokenIsNeededElsewhere(t *testing.T) { synctest.Test(t, needsToken) } // wrong ones take time

func needsToken(t *testing.T) {
	out := []string{folderWith(t, "page")}
	for _, addr := range []string{"0.0.0.0:8090", ":8090", "10.1.2.3:1", "[::]:8090", "server.example:80"} {
		if _, err := New(Options{Out: out, Addr: addr, Env: stages.Default}); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "--token-file") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	const token = "0123456789abcdef"
	h := serve(t, Options{Out: out, Token: token})
	for _, path := range []string{"/", "/runs/1/" + made, "/runs/1/" + made + "/reports/report.html", "/nowhere"} {
		for name, change := range map[string]func(*http.Request){
			"nothing": func(*http.Request) {}, "a wrong one": header("Authorization", "Bearer "+token[1:]), "none": header("Authorization", "Bearer "),
			"a wrong cookie": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "clinflow-8090", Value: token}) },
		} {
			if w := ask(h, "GET", path, change); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "made") {
				t.Errorf("%s with %s: %d, %s", path, name, w.Code, w.Body)
			}
		}
	}
	if w := ask(h, "GET", "/", header("Authorization", "Bearer "+token)); w.Code != http.StatusOK {
		t.Errorf("with the token: %d", w.Code)
	}
	login := func(token string, change ...func(*http.Request)) *httptest.ResponseRecorder {
		return ask(h, "POST", "/login", append(change, form(token))...)
	}
	if w := login(token + "0"); w.Code != http.StatusUnauthorized || len(w.Result().Cookies()) > 0 {
		t.Errorf("a wrong token: %d", w.Code)
	}
	if w := login(token, header("Sec-Fetch-Site", "cross-site")); w.Code != http.StatusForbidden {
		t.Errorf("a page of somebody else: %d", w.Code)
	}
	w := login(token)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || strings.Contains(cookies[0].Value, token) {
		t.Fatalf("the token: %d, %v", w.Code, cookies)
	}
	if w := ask(h, "GET", "/", func(r *http.Request) { r.AddCookie(cookies[0]) }); w.Code != http.StatusOK {
		t.Errorf("with the cookie: %d", w.Code)
	}
}

// form is a token that a browser sends.
func form(token string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(url.Values{"token": {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
}

// TestAWrongTokenCostsASecond, in which others are refused at once and the right one is
// not, in whatever way they are sent.
func TestAWrongTokenCostsASecond(t *testing.T) {
	const token = "0123456789abcdef"
	bearer := func(h http.Handler, token string) int {
		return ask(h, "GET", "/", header("Authorization", "Bearer "+token)).Code
	}
	typed := func(h http.Handler, token string) int { return ask(h, "POST", "/login", form(token)).Code }
	for name, c := range map[string]struct {
		slow, other func(h http.Handler, token string) int
		right       int // of other
	}{
		"a program, and another": {bearer, bearer, http.StatusOK}, "a program, and a browser": {bearer, typed, http.StatusSeeOther},
		"a browser, and a program": {typed, bearer, http.StatusOK}, "a browser, and another": {typed, typed, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, began := serve(t, Options{Out: []string{t.TempDir()}, Token: token}), time.Now()
				first := make(chan int)
				go func() { first <- c.slow(h, "wrong") }()
				synctest.Wait()
				for given, want := range map[string]int{"wrong": http.StatusTooManyRequests, token: c.right} {
					if code := c.other(h, given); code != want || time.Since(began) > 0 {
						t.Errorf("%s meanwhile: %d after %s", given, code, time.Since(began))
					}
				}
				if code := <-first; code != http.StatusUnauthorized || time.Since(began) != patience {
					t.Errorf("the first: %d after %s", code, time.Since(began))
				}
				if code := c.other(h, "wrong"); code != http.StatusUnauthorized || time.Since(began) != 2*patience {
					t.Errorf("afterwards: %d after %s", code, time.Since(began))
				}
			})
		})
	}
}

func TestTokenFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	first, err := ReadToken(name)
	second, errSecond := ReadToken(name)
	info, errStat := os.Stat(name)
	if err := errors.Join(err, errSecond, errStat); err != nil || first != second || len(first) < leastToken || info.Mode().Perm() != 0o600 {
		t.Errorf("made %q, read %q, %v, %v", first, second, info.Mode(), err)
	}
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadToken(name); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("of a group: %v", err)
	}
	if err := errors.Join(os.WriteFile(name, []byte("short\n"), 0o600), os.Chmod(name, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadToken(name); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("a short one: %v", err)
	}
	if _, err := ReadToken(t.TempDir()); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "is no file") {
		t.Errorf("a folder: %v", err)
	}
}
