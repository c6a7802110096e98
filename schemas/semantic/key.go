package semantic

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// recordID is a key of its own table. It is pseudonymous: class none unless
// content says otherwise.
var recordID = Type{
	Name: "record_id", Family: "key", Class: None, Prior: .1,
	Headers: []string{"id", "record_id", "rec_id", "row_id", "row_number", "rownum", "number", "key", "pk", "index", "idx", "uid", "serial", "serial_no", "no", "nr", "unnamed_0", "编号", "序号", "主键", "ID"},
	Match:   matchKey, Generate: generateKey,
	Keeps: []string{"pseudonym", "ff1"},
}

// foreignKey repeats a key of another table.
var foreignKey = Type{
	Name: "foreign_key", Family: "key", Class: None, Prior: .1,
	Headers: []string{"foreign_key", "fk", "ref", "reference", "parent_id", "ref_id"},
	Match:   matchKey, Generate: generateKey,
	Keeps: []string{"pseudonym", "ff1"},
}

func matchKey(v string) bool {
	if v == "" || len(v) > 64 {
		return false
	}
	for i := 0; i < len(v); i++ {
		if c := v[i]; !isAlnum(c) && c != '-' && c != '_' && c != '.' && c != ':' && c != '/' {
			return false
		}
	}
	return true
}

func generateKey(r *rand.Rand, c Context) string {
	if c.Like == "" || !matchKey(c.Like) {
		return strconv.Itoa(1 + r.IntN(9_999_999))
	}
	out := []byte(c.Like)
	for i, b := range out {
		switch {
		case isDigit(b) && (i > 0 || len(out) == 1):
			out[i] = byte('0' + r.IntN(10))
		case isDigit(b):
			out[i] = byte('1' + r.IntN(9))
		case isUpper(b):
			out[i] = byte('A' + r.IntN(26))
		case isLower(b):
			out[i] = byte('a' + r.IntN(26))
		}
	}
	return string(out)
}

// money is an amount, with or without a currency sign. Amounts are not
// personal by themselves; the detector looks at the table around them.
var money = Type{
	Name: "money", Family: "number", Class: None, Prior: .2,
	Headers: []string{
		"amount", "price", "unit_price", "total", "subtotal", "cost", "fee", "fare", "payment", "balance", "revenue", "sales", "charge", "charges", "tax", "discount", "budget", "profit", "value_usd", "usd", "eur", "gbp", "cny", "spend", "spending", "debt", "loan_amount", "limit_bal", "bill_amt", "pay_amt",
		"credit_limit", "tip", "premium", "msrp", "rent", "account_balance", "tuition", "金额", "价格", "总价", "单价", "余额", "费用", "总额",
	},
	Match: matchMoney,
	Generate: func(r *rand.Rand, c Context) string {
		v := fmt.Sprintf("%d.%02d", 1+r.IntN(9999), r.IntN(100))
		if c.Like != "" && !isDigit(c.Like[0]) && c.Like[0] < 0x80 && c.Like[0] != '-' {
			return c.Like[:1] + v
		}
		return v
	},
	Keeps: []string{"noise", "generalize"},
}

func matchMoney(v string) bool {
	if v == "" || len(v) > 24 {
		return false
	}
	for _, p := range [...]string{"-", "$", "€", "£", "¥", "￥", "US$"} {
		if len(v) > len(p) && v[:len(p)] == p {
			v = v[len(p):]
			break
		}
	}
	digits, dots := 0, 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case isDigit(c):
			digits++
		case c == '.':
			dots++
		case c == ',' && i > 0:
		default:
			return false
		}
	}
	return digits > 0 && dots <= 1
}

// freeText is prose; people may be named anywhere in it.
var freeText = Type{
	Name: "free_text", Family: "text", Class: Sensitive, Prior: .8,
	Headers: []string{"text", "notes", "note", "comment", "comments", "description", "message", "remarks", "narrative", "review", "feedback", "body", "content", "summary", "free_text", "memo", "complaint", "sentence", "utterance", "tweet", "transcript", "details", "备注", "描述", "内容", "评论", "说明", "病历", "主诉"},
	Match: func(v string) bool {
		spaces := 0
		for i := 0; i < len(v) && spaces < 5; i++ {
			if v[i] == ' ' {
				spaces++
			}
		}
		return spaces >= 5 || (len(v) > 45 && hasHan(v[:45]))
	},
	Generate: func(r *rand.Rand, c Context) string {
		if c.chinese() {
			return "客户来电询问订单进度，已告知预计三日内送达，并记录回访时间。"
		}
		return fmt.Sprintf("%s asked about order %d and was told that it will arrive within %d days.", pick(r, []string{"The customer", "The client", "The caller"}), 1000+r.IntN(9000), 2+r.IntN(9))
	},
	Keeps: []string{"text_spans"},
}
