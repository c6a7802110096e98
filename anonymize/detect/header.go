package detect

import (
	"strings"
	"sync"
	"unicode"

	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

// abbreviations widen header tokens before they are looked up.
var abbreviations = map[string]string{
	"addr": "address", "adr": "address", "cust": "customer", "emp": "employee", "acct": "account", "acc": "account", "amt": "amount", "dt": "date", "nm": "name", "num": "number",
	"tel": "telephone", "ph": "phone", "frst": "first", "fst": "first", "lst": "last", "mid": "middle", "bday": "birthday", "yr": "year", "pwd": "password", "usr": "user",
	"desc": "description", "qty": "quantity", "cnt": "count", "ctry": "country", "cntry": "country", "edu": "education", "occ": "occupation", "gndr": "gender", "sal": "salary",
	"prov": "province", "diag": "diagnosis", "dx": "diagnosis", "rx": "medication", "hosp": "hospital", "pt": "patient", "cty": "city", "ctr": "country", "nat": "nationality",
	"mob": "mobile", "org": "organization", "co": "company", "brth": "birth", "brthdt": "birthdate", "zipcd": "zipcode", "cd": "code", "sts": "status", "stat": "status", "txn": "transaction", "trans": "transaction",
	"ssn": "ssn", "fnm": "fname", "lnm": "lname", "mrtl": "marital", "inc": "income", "bal": "balance", "strt": "street", "eml": "email", "empl": "employee", "mgr": "manager", "dept": "department", "pat": "patient",
}

// qualifiers say whose or which, not what: they do not change a phrase.
var qualifiers = wordSet(`customer user client patient employee member person student staff contact primary secondary home work billing shipping bill ship mailing current permanent residential personal
	owner applicant borrower insured subscriber guest passenger buyer seller sender recipient account my the of main alternate alt other new old original cust his her their native full legal business office
	company mother father spouse parent guardian doctor physician host visitor donor voter driver player guest raw src tgt dim fact tbl col field value emergency registered reg official delivery invoice order default preferred residence
	客户 患者 用户 员工 学生 会员 联系人`)

// vague phrases mean much as a whole header and little behind other words.
var vague = wordSet(`target outcome y response name title number code type id key no date time status level index text value group class default first last family given n y st min max source contact state mail label
	role position place area address record image picture rate size kind label score note link host host summary content body store site plan unit total balance make model region season first second person employee
	condition procedure drug treatment death response result method loan orientation style default pay pass pin token secret manager director case ticket seat bed nom ort land family middle given`)

// generic types are what a vague header ("class", "target") says: next to
// nothing.
var generic = map[string]bool{"category": true, "outcome": true, "record_id": true}

func wordSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// phraseIndex maps squeezed phrases to the types they suggest.
var phraseIndex = sync.OnceValue(func() map[string][]int {
	m := map[string][]int{}
	for t, ty := range semantic.All() {
		for _, h := range append([]string{ty.Name}, ty.Headers...) {
			k := strings.ReplaceAll(strings.ToLower(h), "_", "")
			if n := len(m[k]); n == 0 || m[k][n-1] != t {
				m[k] = append(m[k], t)
			}
		}
	}
	return m
})

// header is what a column's name says.
type header struct {
	tokens   []string
	strength map[int]float64 // type to 0..1
	empty    bool            // no name, or one made up from the position
	idLike   bool            // ends in id, key, fk
	of       string          // for idLike: the tokens before, squeezed
}

// tokenize splits a header at case changes, digits and separators and
// lower-cases it. Han characters are tokens of their own.
func tokenize(name string) []string {
	var out []string
	var cur []rune
	flush := func() {
		if len(cur) > 0 {
			out = append(out, strings.ToLower(string(cur)))
			cur = cur[:0]
		}
	}
	rs := []rune(name)
	for i, c := range rs {
		switch {
		case unicode.Is(unicode.Han, c):
			flush()
			out = append(out, string(c))
		case unicode.IsDigit(c):
			if len(cur) > 0 && !unicode.IsDigit(cur[len(cur)-1]) {
				flush()
			}
			cur = append(cur, c)
		case unicode.IsLetter(c):
			if len(cur) > 0 {
				p := cur[len(cur)-1]
				next := i+1 < len(rs) && unicode.IsLower(rs[i+1])
				if unicode.IsDigit(p) || (unicode.IsUpper(c) && (unicode.IsLower(p) || (unicode.IsUpper(p) && next))) {
					flush()
				}
			}
			cur = append(cur, c)
		default:
			flush()
		}
		if len(out) >= 24 {
			break
		}
	}
	flush()
	return out
}

func isNumberToken(t string) bool { return t != "" && t[0] >= '0' && t[0] <= '9' }

// readHeader looks every run of tokens up; table names lend their noun to
// headers as bare as "name".
func readHeader(name, table string) header {
	h := header{tokens: tokenize(name), strength: map[int]float64{}}
	h.empty = positional(h.tokens)
	if h.empty {
		return h
	}
	h.tokens = splitCompounds(h.tokens)
	h.keyShape()
	h.lookUp(h.tokens, 1)
	expanded := make([]string, len(h.tokens))
	changed := false
	for i, t := range h.tokens {
		if a, ok := abbreviations[t]; ok && a != t {
			expanded[i], changed = a, true
		} else {
			expanded[i] = t
		}
	}
	if changed {
		h.lookUp(expanded, .95)
	}
	if len(h.tokens) == 1 && (h.tokens[0] == "name" || h.tokens[0] == "title") {
		h.withTable(table)
	}
	return h
}

// positional tells headers that carry no meaning: none, "0", "column_3", "V1",
// "Unnamed: 0".
func positional(tokens []string) bool {
	for _, t := range tokens {
		if !isNumberToken(t) && t != "column" && t != "col" && t != "field" && t != "v" && t != "x" && t != "f" && t != "c" && t != "var" && t != "feature" && t != "attr" && t != "unnamed" && t != "列" {
			return false
		}
	}
	return len(tokens) != 1 || isNumberToken(tokens[0]) || tokens[0] == "unnamed"
}

// splitCompounds parts words written together ("customername", "postcode" is
// one already) when both halves are known.
func splitCompounds(tokens []string) []string {
	idx := phraseIndex()
	out := make([]string, 0, len(tokens))
	for _, t := range tokens {
		if _, known := idx[t]; known || len(t) < 6 || t[0] >= 0x80 || gazetteer.Word(t) || abbreviations[t] != "" {
			out = append(out, t)
			continue
		}
		cut := 0
		for i := 2; i <= len(t)-2; i++ {
			a, b := t[:i], t[i:]
			_, known := idx[b]
			if !known && b != "id" && !(len(b) >= 4 && gazetteer.Word(b)) {
				continue
			}
			// Short endings hide in ordinary words: "dosage" is no age.
			if qualifiers[a] || abbreviations[a] != "" || (len(a) >= 3 && len(b) >= 4 && gazetteer.Word(a)) {
				cut = i
				break
			}
		}
		if cut > 0 {
			out = append(out, t[:cut], t[cut:])
		} else {
			out = append(out, t)
		}
	}
	return out
}

func (h *header) keyShape() {
	n := len(h.tokens)
	if n == 0 {
		return
	}
	switch h.tokens[n-1] {
	case "id", "ids", "key", "fk", "pk", "uuid", "guid", "sk":
		h.idLike = true
		h.of = strings.Join(h.tokens[:n-1], "")
	}
	if n == 1 && (h.tokens[0] == "reportsto" || h.tokens[0] == "parent") {
		h.idLike, h.of = true, "parent"
	}
	if n == 2 && h.tokens[1] == "to" || n == 2 && h.tokens[1] == "by" {
		h.idLike, h.of = true, h.tokens[0]
	}
}

// lookUp scores each run of tokens by how much of the header it covers and
// whether it stands last, where English puts the noun.
func (h *header) lookUp(tokens []string, factor float64) {
	idx := phraseIndex()
	type hit struct{ i, j int }
	var longest []hit
	total := 0
	for _, t := range tokens {
		if !isNumberToken(t) && !qualifiers[t] {
			total += len(t)
		}
	}
	n := len(tokens)
	for n > 1 && isNumberToken(tokens[n-1]) {
		n--
	}
	for size := min(n, 8); size >= 1; size-- {
		for i := 0; i+size <= n; i++ {
			j := i + size
			phrase := strings.Join(tokens[i:j], "")
			types, ok := idx[phrase]
			if !ok {
				continue
			}
			inside := false
			for _, l := range longest {
				inside = inside || (l.i <= i && j <= l.j)
			}
			longest = append(longest, hit{i, j})
			covered, rest := 0, 0
			for k, t := range tokens[:n] {
				if isNumberToken(t) {
					continue
				}
				if k >= i && k < j {
					covered += len(t)
				} else if !qualifiers[t] {
					rest += len(t)
				}
			}
			s := 1.0
			switch {
			case i == 0 && j == n:
			case rest == 0 && j == n:
				s = .93
			case rest == 0:
				s = .75
			case j == n:
				s = .5 + .4*float64(covered)/float64(covered+rest)
			default:
				s = .2 + .35*float64(covered)/float64(covered+rest)
			}
			if s < .93 && vague[phrase] {
				s *= .5
			}
			if inside {
				s *= .4
			}
			for _, t := range types {
				st := s
				if vague[phrase] && generic[semantic.All()[t].Name] {
					st *= .55
				}
				h.strength[t] = max(h.strength[t], st*factor)
			}
		}
	}
}

var (
	personNouns = wordSet(`customer customers employee employees patient patients user users student students artist artists author authors member members client clients contact contacts person persons people passenger passengers staff teacher teachers
		doctor doctors driver drivers player players actor actors applicant applicants borrower voter citizen visitor guest donor individual individuals tenant nurse candidate candidates actress director subscriber owner agent celebrity resident worker 客户 患者 用户 员工 学生 人员`)
	thingNouns = wordSet(`track tracks album albums genre genres playlist playlists product products item items category categories type types movie movies film films book books song songs tag tags country city store stores team teams game games
		department departments course courses event events project projects recipe channel channels media mediatype plan plans role roles brand model dish food species animal plant airport station hotel restaurant school schools`)
)

// withTable reads "name" in table "artist" as "artist name".
func (h *header) withTable(table string) {
	toks := tokenize(baseName(table))
	for i := len(toks) - 1; i >= 0; i-- {
		t := toks[i]
		switch {
		case personNouns[t]:
			for k := range h.strength {
				if semantic.All()[k].Name != "full_name" && semantic.All()[k].Name != "occupation" {
					h.strength[k] *= .5
				}
			}
			if h.tokens[0] == "title" {
				h.strength[typeIndex("occupation")] = .9
			}
			return
		case thingNouns[t]:
			for k := range h.strength {
				h.strength[k] *= .1
			}
			switch t {
			case "track", "tracks", "album", "albums", "movie", "movies", "film", "films", "book", "books", "song", "songs":
				h.strength[typeIndex("title_of_work")] = .9
			case "product", "products", "item", "items", "brand", "model":
				h.strength[typeIndex("product")] = .8
			case "city":
				h.strength[typeIndex("city")] = .9
			case "country":
				h.strength[typeIndex("country")] = .9
			default:
				h.strength[typeIndex("category")] = .8
			}
			return
		}
	}
}

func baseName(table string) string {
	if i := strings.LastIndexAny(table, "/\\"); i >= 0 {
		table = table[i+1:]
	}
	if i := strings.IndexByte(table, '.'); i > 0 && strings.ContainsAny(table[i+1:i+2], "ctpjag") {
		table = table[:i]
	}
	return table
}

var typeNumbers = sync.OnceValue(func() map[string]int {
	m := map[string]int{}
	for i, t := range semantic.All() {
		m[t.Name] = i
	}
	return m
})

// typeIndex gives a type's place in semantic.All. Its argument is a constant
// of this package, so a miss is a fault of the program.
func typeIndex(name string) int {
	i, ok := typeNumbers()[name]
	if !ok {
		panic("detect: no semantic type " + name)
	}
	return i
}
