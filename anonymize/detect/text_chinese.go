package detect

import (
	"strings"
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

var (
	hanNameBefore = []string{"姓名", "我叫", "我是", "患者", "联系人", "名叫", "收货人", "客户", "先生", "女士", "员工", "同事", "法定代表人", "记者", "作者", "导演", "演员", "教授", "医生", "总统", "总理", "主席", "部长", "将军"}
	hanNameAfter  = []string{"先生", "女士", "小姐", "医生", "老师", "教授", "博士", "同学", "同志", "律师", "经理", "主任", "院长", "校长", "总统", "主席", "总理"}
	hanOrgEnds    = []string{"有限公司", "股份公司", "公司", "大学", "学院", "医院", "银行", "集团", "研究所", "委员会", "出版社", "中学", "小学", "协会", "基金会", "电视台", "法院", "大学附属医院"}
	hanOrgLast    = "司学院行团所会社台"
	hanStops      = "的了在是和与对于为被把从到由向这那有我你他她它们个不也就都而及或以上下中其之于并但请将已后前年月日"
)

const maxHanRun = 4096 // runes looked at together; longer runs are cut

// chinese finds names, places and organisations in runs of Han characters.
func (d *document) chinese() {
	for i := range d.tokens {
		if d.tokens[i].kind != hanToken {
			continue
		}
		// A foreign name written with middle dots: 约翰·史密斯.
		if d.dotted(i) {
			continue
		}
		rs, start := []rune(d.s[d.tokens[i].start:d.tokens[i].end]), d.tokens[i].start
		for len(rs) > 0 {
			n := min(len(rs), maxHanRun)
			d.hanRun(i, rs[:n], start)
			start += len(string(rs[:n]))
			rs = rs[n:]
		}
	}
}

// hanRun reads the characters rs of token i, which start at a byte offset.
func (d *document) hanRun(i int, rs []rune, start int) {
	h := han{rs: rs, offs: make([]int, len(rs)+1), before: d.hanBefore(i)}
	for k, c := range rs {
		h.offs[k+1] = h.offs[k] + utf8.RuneLen(c)
	}
	h.text = d.s[start : start+h.offs[len(rs)]]
	put := func(a, b int, typ string, p float64) {
		d.found = append(d.found, found{typ: typ, prob: p, start: start + h.offs[a], end: start + h.offs[b]})
	}
	for k := 0; k < len(rs); {
		if n := h.organization(k); n > 0 {
			put(k, n, "organization", .6)
			k = n
			continue
		}
		if n := h.place(k); n > 0 {
			if m := h.address(n); m > n {
				n = m
				put(k, n, "street_address", .8)
				if n == len(rs) {
					d.found[len(d.found)-1].end = d.hanHouse(i)
				}
			} else {
				put(k, n, "city", .7)
			}
			k = n
			continue
		}
		if n, p := h.name(k); n > 0 {
			put(k, n, "full_name", p)
			k = n
			continue
		}
		k++
	}
}

// hanBefore is the Han run that labels token i over a colon: 姓名：王小明.
func (d *document) hanBefore(i int) string {
	if i > 1 && (d.tokens[i-1].punct == ':' || d.tokens[i-1].punct == 0x80) && d.tokens[i-2].kind == hanToken {
		return d.s[d.tokens[i-2].start:d.tokens[i-2].end]
	}
	return ""
}

// hanHouse extends an address that ends with token i over "88号3单元201室"; it
// gives a byte offset.
func (d *document) hanHouse(i int) int {
	end := d.tokens[i].end
	for k := i + 1; k+1 < len(d.tokens) && k < i+8; k += 2 {
		if d.tokens[k].kind != digitToken || d.tokens[k+1].kind != hanToken {
			break
		}
		w := d.s[d.tokens[k+1].start:d.tokens[k+1].end]
		c, n := utf8.DecodeRuneInString(w)
		if !strings.ContainsRune("号楼室单弄栋幢层座", c) {
			break
		}
		if strings.HasPrefix(w, "单元") {
			n = len("单元")
		}
		end = d.tokens[k+1].start + n
		if n < len(w) {
			break
		}
	}
	return end
}

// han is a run of Han characters under detection.
type han struct {
	text   string
	rs     []rune
	offs   []int // byte offset of each rune in text
	before string
}

func (h *han) cut(a, b int) string { return h.text[h.offs[a]:h.offs[b]] }

// dotted marks the Han runs around middle dots as one name.
func (d *document) dotted(i int) bool {
	isDot := func(k int) bool {
		return k > 0 && k < len(d.tokens) && d.tokens[k].kind == punctToken && (strings.HasPrefix(d.s[d.tokens[k].start:], "·") || strings.HasPrefix(d.s[d.tokens[k].start:], "・"))
	}
	if isDot(i - 1) {
		return true // taken with the first part
	}
	if !isDot(i + 1) {
		return false
	}
	j := i
	for isDot(j+1) && j+2 < len(d.tokens) && d.tokens[j+2].kind == hanToken && j-i < 8 {
		j += 2
	}
	if j == i {
		return false
	}
	// Long runs beside the dots hold other words too: keep what fits a name.
	start, end := d.tokens[i].start, d.tokens[j].end
	if n := utf8.RuneCountInString(d.s[start:d.tokens[i].end]); n > 5 {
		rs := []rune(d.s[start:d.tokens[i].end])
		start = d.tokens[i].end - len(string(rs[n-3:]))
	}
	if rs := []rune(d.s[d.tokens[j].start:end]); len(rs) > 4 {
		end = d.tokens[j].start + len(string(rs[:3]))
	}
	d.found = append(d.found, found{typ: "full_name", prob: .75, start: start, end: end})
	return true
}

// organization reads up to a word that ends the names of institutions.
func (h *han) organization(k int) int {
	for n := min(len(h.rs), k+16); n >= k+4; n-- {
		if !strings.ContainsRune(hanOrgLast, h.rs[n-1]) {
			continue
		}
		w := h.cut(k, n)
		for _, e := range hanOrgEnds {
			if len(w) > len(e) && strings.HasSuffix(w, e) {
				if strings.ContainsAny(w[:len(w)-len(e)], hanStops) {
					return 0
				}
				return n
			}
		}
	}
	return 0
}

func (h *han) place(k int) int {
	for n := min(len(h.rs), k+8); n >= k+2; n-- {
		w := h.cut(k, n)
		if _, ok := gazetteer.CNPlace(w); ok {
			return n
		}
		if _, ok := gazetteer.Country(w); ok {
			return n
		}
	}
	return 0
}

// address reads on to the last word of an address: 朝阳区建国路.
func (h *han) address(k int) int {
	end := k
	for n := k; n < len(h.rs) && n < k+24; n++ {
		if strings.ContainsRune(hanStops, h.rs[n]) && !strings.ContainsRune("中上下前后", h.rs[n]) {
			break
		}
		if strings.ContainsRune("区县镇乡村路街巷弄号楼室道", h.rs[n]) {
			end = n + 1
		}
	}
	return end
}

// name reads a family name and one or two characters; without a cue beside it
// the characters must be common in given names.
func (h *han) name(k int) (int, float64) {
	rs := h.rs
	s, ok := gazetteer.CNSurname(rs[k:min(len(rs), k+2)])
	if !ok || k+s >= len(rs) {
		return 0, 0
	}
	cued := k == 0 && hasSuffixOf(h.before, hanNameBefore)
	if !cued && k >= 2 {
		cued = hasSuffixOf(h.cut(max(0, k-5), k), hanNameBefore)
	}
	for n := min(len(rs), k+s+2); n > k+s; n-- {
		given := rs[k+s : n]
		if strings.ContainsAny(h.cut(k+s, n), hanStops) {
			continue
		}
		switch after := h.cut(n, min(len(rs), n+3)); {
		case hasPrefixOf(after, hanNameAfter):
			return n, .85
		case cued:
			return n, .8
		case k == 0 && n == len(rs) && len(given) == 2 && gazetteer.CNCommonSurname(rs[k]):
			return n, .65
		case len(given) == 2 && gazetteer.CNGivenRune(given[0]) && gazetteer.CNGivenRune(given[1]):
			return n, .55
		}
	}
	if hasPrefixOf(h.cut(k+s, min(len(rs), k+s+3)), hanNameAfter) {
		return k + s, .7
	}
	return 0, 0
}

func hasSuffixOf(s string, list []string) bool {
	for _, e := range list {
		if strings.HasSuffix(s, e) {
			return true
		}
	}
	return false
}

func hasPrefixOf(s string, list []string) bool {
	for _, e := range list {
		if strings.HasPrefix(s, e) {
			return true
		}
	}
	return false
}
