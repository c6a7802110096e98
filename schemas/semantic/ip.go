package semantic

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// ipv4 is dotted decimal without leading zeros (RFC 6943, 3.1.1). Generated
// addresses lie in 198.18.0.0/15, set aside for tests (RFC 2544).
var ipv4 = Type{
	Name: "ipv4", Family: "network", Class: DirectIdentifier, Prior: .97,
	Headers: []string{"ip", "ip_address", "ip_addr", "ipv4", "client_ip", "remote_addr", "source_ip", "src_ip", "dst_ip", "ip地址"},
	Match:   matchIPv4, Generate: generateIPv4,
	Keeps: []string{"surrogate", "ip_prefix"},
}

// ipv6 is the text form of RFC 4291. Generated addresses lie in
// 2001:db8::/32, set aside for documentation (RFC 3849).
var ipv6 = Type{
	Name: "ipv6", Family: "network", Class: DirectIdentifier, Prior: .98,
	Headers: []string{"ipv6", "ip6", "ipv6_address"},
	Match:   matchIPv6, Generate: generateIPv6,
	Keeps: []string{"surrogate", "ip_prefix"},
}

func matchIPv4(v string) bool {
	if len(v) < 7 || len(v) > 15 {
		return false
	}
	parts, n, digits := 1, 0, 0
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c == '.' {
			if digits == 0 {
				return false
			}
			parts, n, digits = parts+1, 0, 0
			continue
		}
		if !isDigit(c) || (digits > 0 && n == 0) {
			return false
		}
		n = n*10 + int(c-'0')
		if digits++; n > 255 {
			return false
		}
	}
	return parts == 4 && digits > 0
}

func generateIPv4(r *rand.Rand, _ Context) string {
	return fmt.Sprintf("198.%d.%d.%d", 18+r.IntN(2), r.IntN(256), 1+r.IntN(254))
}

func matchIPv6(v string) bool {
	if len(v) < 3 || len(v) > 45 || strings.Count(v, ":") < 2 {
		return false
	}
	for i := 0; i < len(v); i++ {
		if !isHex(v[i]) && v[i] != ':' && v[i] != '.' {
			return false
		}
	}
	a, err := netip.ParseAddr(v)
	return err == nil && a.Is6()
}

func generateIPv6(r *rand.Rand, _ Context) string {
	return fmt.Sprintf("2001:db8:%x:%x::%x", r.IntN(65536), r.IntN(65536), 1+r.IntN(65535))
}
