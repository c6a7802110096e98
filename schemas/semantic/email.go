package semantic

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// reservedDomains can never belong to anybody (RFC 2606, RFC 6761).
var reservedDomains = []string{"example.com", "example.org", "example.net", "mail.example.com", "post.example.org", "inbox.example.net"}

// email follows the everyday subset of RFC 5321 addresses: dot-atom local part
// of at most 64 bytes, host name with a top-level domain, 254 bytes in all.
var email = Type{
	Name: "email", Family: "contact", Class: DirectIdentifier, Prior: .99,
	Headers: []string{"email", "e_mail", "mail", "email_address", "email_addr", "mail_address", "contact_email", "邮箱", "电子邮箱", "电子邮件", "邮件", "邮件地址", "correo", "courriel"},
	Match:   matchEmail, Generate: generateEmail,
	Keeps: []string{"surrogate", "suppress"},
}

func matchEmail(v string) bool {
	if len(v) < 6 || len(v) > 254 {
		return false
	}
	at := strings.IndexByte(v, '@')
	if at < 1 || at > 64 || v[0] == '.' || v[at-1] == '.' {
		return false
	}
	for i := 0; i < at; i++ {
		c := v[i]
		if !isAlnum(c) && c < 0x80 && strings.IndexByte(".!#$%&'*+/=?^_`{|}~-", c) < 0 {
			return false
		}
	}
	return matchDomain(v[at+1:])
}

func generateEmail(r *rand.Rand, c Context) string {
	p := c.person(r)
	given, family := asciiName(p.Given), asciiName(p.Family)
	if given == "" {
		given = "user"
	}
	if family == "" {
		family = pick(r, []string{"lee", "moore", "reed", "stone"})
	}
	var local string
	style := r.IntN(4)
	if at := strings.IndexByte(c.Like, '@'); at > 0 {
		switch l := c.Like[:at]; {
		case strings.Contains(l, "."):
			style = 0
		case strings.Contains(l, "_"):
			style = 1
		default:
			style = 2 + r.IntN(2)
		}
	}
	switch style {
	case 0:
		local = given + "." + family
	case 1:
		local = given + "_" + family
	case 2:
		local = given + family
	default:
		local = given[:1] + family
	}
	if r.IntN(3) > 0 {
		local += strconv.Itoa(1 + r.IntN(9999))
	}
	return local + "@" + pick(r, reservedDomains)
}
