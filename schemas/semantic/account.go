package semantic

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"
)

// username is a login or handle.
var username = Type{
	Name: "username", Family: "account", Class: DirectIdentifier, Prior: .2,
	Headers: []string{"username", "user_name", "login", "login_name", "handle", "screen_name", "user_handle", "account_name", "twitter", "github", "skype", "wechat", "wechat_id", "qq", "用户名", "账号", "微信", "微信号", "登录名"},
	Match: func(v string) bool {
		if len(v) < 3 || len(v) > 40 {
			return false
		}
		letters := 0
		for i := 0; i < len(v); i++ {
			c := v[i]
			if isAlpha(c) {
				letters++
			} else if !isDigit(c) && c != '_' && c != '.' && c != '-' && !(c == '@' && i == 0) {
				return false
			}
		}
		return letters >= 2
	},
	Generate: func(r *rand.Rand, c Context) string {
		p := c.person(r)
		g, f := asciiName(p.Given), asciiName(p.Family)
		if len(g) < 2 {
			g = "user"
		}
		return likeCase(fmt.Sprintf("%s%s%d", g, f[:min(len(f), 1+r.IntN(6))], 1+r.IntN(999)), strings.Trim(c.Like, "0123456789"))
	},
	Keeps: []string{"surrogate", "pseudonym"},
}

// password is a secret in clear text or its hash.
var password = Type{
	Name: "password", Family: "account", Class: Sensitive, Prior: .1,
	Headers: []string{"password", "passwd", "pwd", "pass", "secret", "passphrase", "api_key", "token", "access_token", "pin", "password_hash", "密码", "口令"},
	Match: func(v string) bool {
		if len(v) < 4 || len(v) > 128 {
			return false
		}
		return strings.IndexByte(v, ' ') < 0
	},
	Generate: func(r *rand.Rand, c Context) string {
		const letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
		n := 12
		if l := len(c.Like); l >= 4 && l <= 128 {
			n = l
		}
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	},
	Keeps: []string{"surrogate"},
}

var orgEndings = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`inc llc ltd limited corp corporation co company plc gmbh ag sa sas srl spa bv nv ab oy as aps kg ohg llp lp pty bank group holdings partners associates university college institute
		hospital clinic foundation society association school airlines insurance technologies systems solutions labs industries services consulting capital ventures media networks software pharmaceuticals agency council ministry department trust club church museum`) {
		m[w] = true
	}
	return m
}()

// OrganizationWord tells whether w (lower case, no dots) usually ends the name
// of an organisation.
func OrganizationWord(w string) bool { return orgEndings[w] }

// organization is the name of a firm or institution.
var organization = Type{
	Name: "organization", Family: "organization", Class: QuasiIdentifier, Prior: .5,
	Headers: []string{
		"organization", "organisation", "company", "company_name", "employer", "employer_name", "business_name", "firm", "org", "org_name", "school", "school_name", "university", "hospital", "hospital_name", "bank_name", "workplace", "institution", "vendor_name", "merchant", "supplier", "insurer", "insurance_provider", "insurance_company", "payer",
		"公司", "公司名称", "单位", "工作单位", "企业名称", "学校", "医院", "empresa", "firma", "entreprise",
	},
	Match: matchOrganization, Generate: generateOrganization,
	Keeps: []string{"surrogate"},
}

func matchOrganization(v string) bool {
	if len(v) < 2 || len(v) > 120 {
		return false
	}
	letters, words := 0, 1
	for _, c := range v {
		switch {
		case unicode.IsLetter(c):
			letters++
		case c == ' ':
			words++
		case unicode.IsDigit(c) || unicode.Is(unicode.Mn, c) || strings.ContainsRune("-'’.,&/()!+\"·（）", c):
		default:
			return false
		}
	}
	return letters >= 2 && words <= 12
}

func generateOrganization(r *rand.Rand, c Context) string {
	if c.chinese() {
		return pick(r, []string{"华", "中", "东", "鑫", "宏", "天", "恒", "嘉"}) + pick(r, []string{"信", "达", "源", "泰", "瑞", "宇", "诚", "创"}) + pick(r, []string{"科技", "贸易", "实业", "电子", "医药", "食品"}) + "有限公司"
	}
	kind := pick(r, []string{"Inc.", "LLC", "Group", "Ltd.", "Systems", "Partners", "Industries", "Labs", "Holdings", "Services"})
	if r.IntN(3) == 0 {
		return likeCase(drawFamily(r, false)+" & "+drawFamily(r, false)+" "+kind, c.Like)
	}
	return likeCase(pick(r, streetNames)+" "+title(pick(r, domainWords))+" "+kind, c.Like)
}
