package semantic

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// macAddress is an EUI-48 in colon or hyphen form. Generated ones are locally
// administered (IEEE 802, second bit of the first octet).
var macAddress = Type{
	Name: "mac_address", Family: "device", Class: DirectIdentifier, Prior: .99,
	Headers: []string{"mac", "mac_address", "mac_addr", "bssid", "mac地址"},
	Match: func(v string) bool {
		if len(v) != 17 || (v[2] != ':' && v[2] != '-') {
			return false
		}
		for i := 0; i < 17; i++ {
			if i%3 == 2 {
				if v[i] != v[2] {
					return false
				}
			} else if !isHex(v[i]) {
				return false
			}
		}
		return true
	},
	Generate: func(r *rand.Rand, c Context) string {
		s := fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
		if strings.Contains(c.Like, "-") {
			s = strings.ReplaceAll(s, ":", "-")
		}
		return likeCase(s, c.Like)
	},
	Keeps: []string{"surrogate"},
}

// imei is the 15-digit IMEI of 3GPP TS 23.003 with its Luhn digit. Generated
// ones use the reporting body 00 (test devices).
var imei = Type{
	Name: "imei", Family: "device", Class: DirectIdentifier, Prior: .9,
	Headers: []string{"imei", "imei_number", "device_imei"},
	Match: func(v string) bool {
		var b [15]byte
		n, ok := digitsOf(v, "- ", b[:])
		return ok && n == 15 && len(v) <= 18
	},
	Valid: func(v string) bool {
		var b [15]byte
		n, ok := digitsOf(v, "- ", b[:])
		return ok && n == 15 && luhn(b[:])
	},
	Generate: func(r *rand.Rand, c Context) string {
		d := append([]byte("00"), randDigits(r, 12)...)
		return fill(c.Like, append(d, luhnDigit(d)))
	},
	Keeps: []string{"surrogate", "ff1"},
}

// uuid is the text form of RFC 9562.
var uuid = Type{
	Name: "uuid", Family: "key", Class: None, Prior: .99,
	Headers: []string{"uuid", "guid"},
	Match: func(v string) bool {
		if len(v) == 38 && v[0] == '{' && v[37] == '}' {
			v = v[1:37]
		}
		if len(v) != 36 {
			return false
		}
		for i := 0; i < 36; i++ {
			if i == 8 || i == 13 || i == 18 || i == 23 {
				if v[i] != '-' {
					return false
				}
			} else if !isHex(v[i]) {
				return false
			}
		}
		return true
	},
	Generate: func(r *rand.Rand, c Context) string {
		a, b := r.Uint64(), r.Uint64()
		s := fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
		return likeCase(s, c.Like)
	},
	Keeps: []string{"surrogate", "pseudonym"},
}
