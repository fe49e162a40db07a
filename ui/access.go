package ui

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
)

// access says who may look.
type access struct {
	token   string      // "" where nobody asks
	session string      // what a browser shows that knew the token
	cookie  string      // its name: browsers keep the ports of a host together
	hosts   []string    // names that requests may be to, in small letters
	literal bool        // or any address in digits
	slow    *sync.Mutex // of a wrong token that is being paid for
}

func newAccess(o Options) (access, error) {
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return access{}, exit.Errorf(exit.Usage, "--addr %q: want host:port, such as 127.0.0.1:8090", o.Addr)
	}
	here := isLoopback(host)
	if !here && o.Token == "" {
		return access{}, exit.Errorf(exit.Usage, "--addr %s can be reached from other machines: name a file with a token by --token-file, or stay on 127.0.0.1", o.Addr)
	}
	a := access{token: o.Token, session: rand.Text(), cookie: "clinflow-" + port, literal: !here, slow: &sync.Mutex{}}
	a.hosts = append([]string{"localhost", "127.0.0.1", "::1", host}, o.Hosts...)
	if name, err := os.Hostname(); err == nil && !here {
		a.hosts = append(a.hosts, name)
	}
	for i, name := range a.hosts {
		a.hosts[i] = strings.ToLower(name) // names are the same in any letters (RFC 4343)
	}
	return a, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// policy is what a browser lets a page do (W3C, Content Security Policy Level 3). Figures
// have their lines' styles in attributes.
const policy = "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// sane refuses requests that a page of somebody else could make a browser send: a name of
// theirs may lead to this address (DNS rebinding), but the browser tells the name.
func (a access) sane(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			w.Header().Set(name, value)
		}
		if !a.reachedAs(r.Host) {
			http.Error(w, "this server does not answer to that name; name it by --host", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

func (a access) reachedAs(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	_, err := netip.ParseAddr(host)
	return slices.Contains(a.hosts, host) || a.literal && err == nil
}

// known lets those pass who know the token.
func (a access) known(next http.Handler) http.Handler {
	if a.token == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		cookie, err := r.Cookie(a.cookie)
		if same(bearer, a.token) || err == nil && same(cookie.Value, a.session) {
			next.ServeHTTP(w, r)
			return
		}
		if bearer != "" {
			a.refuse(w)
			return
		}
		a.ask(w, http.StatusUnauthorized, "")
	})
}

// same compares in a time that does not tell how much of the two is.
func same(a, b string) bool {
	sumA, sumB := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(sumA[:], sumB[:]) == 1
}

// ask shows the page on which the token is typed.
func (a access) ask(w http.ResponseWriter, code int, wrong string) {
	var text bytes.Buffer
	_ = templates[loginPage].ExecuteTemplate(&text, loginPage, struct{ Title, Wrong string }{"clinflow", wrong})
	w.Header().Set("Content-Type", html)
	w.Header().Set("WWW-Authenticate", "Bearer")
	w.WriteHeader(code)
	_, _ = w.Write(text.Bytes())
}

// patience is what a wrong token costs.
const patience = time.Second

// refuse answers a wrong token. One at a time waits: more would pile up, though those who
// sent them went away.
func (a access) refuse(w http.ResponseWriter) {
	if !a.slow.TryLock() {
		w.Header().Set("Retry-After", strconv.Itoa(int(patience.Seconds())))
		a.ask(w, http.StatusTooManyRequests, "That is not the token, and another wrong one was given just now.")
		return
	}
	defer a.slow.Unlock()
	time.Sleep(patience)
	a.ask(w, http.StatusUnauthorized, "That is not the token.")
}

// maxForm bounds what is sent with a token.
const maxForm = 4 << 10

// login gives a browser that knows the token what it shows from then on.
func (a access) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if a.token == "" || !same(strings.TrimSpace(r.PostFormValue("token")), a.token) {
		a.refuse(w)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: a.cookie, Value: a.session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
