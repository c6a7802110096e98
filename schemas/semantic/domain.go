package semantic

import (
	"math/rand/v2"
	"strings"
)

// domain is a host name of RFC 1123 with at least two labels and an
// alphabetic (or xn--) top-level label.
var domain = Type{
	Name: "domain", Family: "network", Class: None, Prior: .8,
	Headers: []string{"domain", "domain_name", "hostname", "host_name", "host", "fqdn", "域名", "主机名"},
	Match:   matchDomain, Generate: generateDomain,
	Keeps: []string{"surrogate"},
}

func matchDomain(v string) bool {
	if len(v) < 4 || len(v) > 253 {
		return false
	}
	label, dots, alpha := 0, 0, true
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '.':
			if label == 0 || v[i-1] == '-' {
				return false
			}
			label, alpha = 0, true
			dots++
		case isAlnum(c) || c >= 0x80 || (c == '-' && label > 0):
			if label++; label > 63 {
				return false
			}
			alpha = alpha && !isDigit(c)
		default:
			return false
		}
	}
	return dots > 0 && label >= 2 && (alpha || strings.Contains(v, ".xn--")) && v[len(v)-1] != '-'
}

var domainWords = strings.Fields("north river stone maple cedar harbor summit bright silver meadow orchard lantern pixel garden anchor copper valley ridge hollow market studio atlas beacon falcon juniper")

func generateDomain(r *rand.Rand, c Context) string {
	top := pick(r, []string{"example.com", "example.org", "example.net"})
	if strings.HasPrefix(c.Like, "www.") {
		return "www." + pick(r, domainWords) + "." + top
	}
	return pick(r, domainWords) + pick(r, domainWords) + "." + top
}
