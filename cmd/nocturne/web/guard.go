// Package web holds Nocturne's pages: the label page, where annotators answer,
// and the catalogue of published datasets. It knows interfaces only; the worker's
// wiring implements them over Temporal and the store.
//
// Pages load nothing from elsewhere, work with the keyboard, and follow the
// system's light or dark theme. Nothing that a page shows is logged.
package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Options are common to all pages.
type Options struct {
	// Token protects the pages: it is asked for as a Bearer token, or once as
	// ?token= and then kept in a cookie. Empty = no token, and then only requests
	// addressed to a loopback name are served.
	Token string
	// Links are shown in the head of every page, after the datasets and labels.
	Links []Link
	// Fault receives errors that a page cannot show: the operation and what went
	// wrong, never a data value. May be nil.
	Fault func(operation string, err error)
}

// Link is a place outside these pages, such as the Temporal UI.
type Link struct{ Title, URL string }

// ErrTokenNeeded is returned by CheckAddress for a listener that others can reach
// and that has no token.
var ErrTokenNeeded = errors.New("web: listening beyond loopback needs a token: set one, or listen on 127.0.0.1")

// CheckAddress tells whether pages may be served on a listen address, host:port,
// with this token.
func CheckAddress(address, token string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("web: the listen address must be HOST:PORT")
	}
	if token == "" && !loopback(host) {
		return ErrTokenNeeded
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

const tokenCookie = "nocturne_token"

// guard puts the common protections before a page: security headers, the token,
// the Host check that stops DNS rebinding, and the refusal of requests that
// another site makes in the browser's name.
func guard(opt Options, next http.Handler) http.Handler {
	csrf := http.NewCrossOriginProtection()
	inner := csrf.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cache-Control", "no-store")
		if opt.Token == "" {
			host := r.Host
			if name, _, err := net.SplitHostPort(host); err == nil {
				host = name
			}
			if !loopback(host) {
				http.Error(w, "These pages are served to this machine only. Start with a token to reach them from elsewhere.", http.StatusMisdirectedRequest)
				return
			}
		} else if !authorised(w, r, opt.Token) {
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// authorised checks the token and answers the request when it fails or when the
// token is to be moved from the address into a cookie.
func authorised(w http.ResponseWriter, r *http.Request, token string) bool {
	if given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && same(given, token) {
		return true
	}
	// The cookie holds a digest, so that the token itself is not left on disk.
	if c, err := r.Cookie(tokenCookie); err == nil && same(c.Value, digest(token)) {
		return true
	}
	if given := r.URL.Query().Get("token"); r.Method == http.MethodGet && same(given, token) {
		http.SetCookie(w, &http.Cookie{
			Name: tokenCookie, Value: digest(token), Path: "/", MaxAge: 30 * 24 * 3600,
			HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
		})
		to := url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/")}
		http.Redirect(w, r, to.String(), http.StatusSeeOther)
		return false
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	http.Error(w, "A token is needed: open the address with ?token=…, as printed when Nocturne started.", http.StatusUnauthorized)
	return false
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func digest(token string) string {
	sum := sha256.Sum256([]byte("nocturne cookie\x00" + token))
	return hex.EncodeToString(sum[:])
}

func (o Options) fault(operation string, err error) {
	if o.Fault != nil {
		o.Fault(operation, err)
	}
}
