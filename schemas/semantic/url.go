package semantic

import (
	"math/rand/v2"
	"strings"
)

// url is an absolute http, https or ftp address (RFC 3986), or a bare www
// host with a path.
var url = Type{
	Name: "url", Family: "network", Class: None, Prior: .97,
	Headers: []string{"url", "uri", "link", "website", "web_site", "homepage", "web_page", "网址", "链接", "网站"},
	Match:   matchURL, Generate: generateURL,
	Keeps: []string{"surrogate", "url_host"},
}

func matchURL(v string) bool {
	if len(v) < 8 || len(v) > maxForm {
		return false
	}
	rest, ok := cutScheme(v)
	if !ok {
		if !strings.HasPrefix(v, "www.") {
			return false
		}
		rest = v
	}
	if strings.ContainsAny(rest, " \t\r\n<>\"") {
		return false
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if i := strings.LastIndexByte(rest, ':'); i > 0 && allDigits(rest[i+1:]) {
		rest = rest[:i]
	}
	return rest == "localhost" || matchDomain(rest) || matchIPv4(rest)
}

func cutScheme(v string) (rest string, ok bool) {
	for _, s := range [...]string{"https://", "http://", "ftp://"} {
		if len(v) > len(s) && strings.EqualFold(v[:len(s)], s) {
			return v[len(s):], true
		}
	}
	return "", false
}

func generateURL(r *rand.Rand, c Context) string {
	scheme := "https://"
	if strings.HasPrefix(c.Like, "http://") {
		scheme = "http://"
	}
	u := scheme + "www." + pick(r, domainWords) + "." + pick(r, []string{"example.com", "example.org", "example.net"})
	if c.Like == "" || strings.Count(c.Like, "/") > 2 {
		u += "/" + pick(r, domainWords)
	}
	return u
}
