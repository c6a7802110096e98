package gazetteer

import (
	"strings"
	"sync"
)

// Place is a city with its ISO 3166-1 country and, in the US, its state.
type Place struct {
	Name    string
	Country string // alpha-2
	State   string // US state code or ""
}

type cityIndex struct {
	byName map[string]Place
	us     []Place
	words  int // most words in one name
}

var cities = sync.OnceValue(func() cityIndex {
	ls := lines("cities.txt.gz")
	x := cityIndex{byName: make(map[string]Place, len(ls)), words: 5}
	for _, l := range ls {
		name, code, _ := strings.Cut(l, "\t")
		p := Place{Name: name, Country: code[:2]}
		if len(code) > 3 {
			p.State = code[3:]
		}
		x.byName[strings.ToLower(name)] = p
		if p.Country == "US" && p.State != "" && len(x.us) < 600 {
			x.us = append(x.us, p)
		}
	}
	return x
})

// City looks a city up by its lower-case name.
func City(name string) (Place, bool) {
	p, ok := cities().byName[name]
	return p, ok
}

// USCities lists the 600 largest US cities, largest first.
func USCities() []Place { return cities().us }

type countryIndex struct {
	names map[string]string
	codes map[string]string
	list  []string
}

var countries = sync.OnceValue(func() countryIndex {
	x := countryIndex{names: map[string]string{}, codes: map[string]string{}}
	for _, l := range lines("countries.txt") {
		f := strings.Split(l, "\t")
		x.names[strings.ToLower(f[0])] = f[1]
		x.codes[f[1]], x.codes[f[2]] = f[1], f[1]
		x.list = append(x.list, f[0])
	}
	for name, code := range countryAliases {
		x.names[name] = code
	}
	return x
})

// countryAliases are everyday names that ISO 3166 spells otherwise.
var countryAliases = map[string]string{
	"usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "america": "US", "uk": "GB", "u.k.": "GB",
	"great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
	"holland": "NL", "the netherlands": "NL", "netherlands": "NL", "czech republic": "CZ", "south korea": "KR", "korea": "KR", "north korea": "KP",
	"russia": "RU", "russian federation": "RU", "viet nam": "VN", "ivory coast": "CI", "iran": "IR", "syria": "SY", "laos": "LA",
	"burma": "MM", "macedonia": "MK", "swaziland": "SZ", "turkey": "TR", "türkiye": "TR", "taiwan": "TW", "hong kong": "HK",
	"macau": "MO", "uae": "AE", "deutschland": "DE", "españa": "ES", "italia": "IT", "österreich": "AT", "schweiz": "CH", "suisse": "CH",
	"polska": "PL", "brasil": "BR", "méxico": "MX", "yugoslavia": "YU", "columbia": "CO", "tanzania": "TZ", "bolivia": "BO", "venezuela": "VE",
	"中国": "CN", "美国": "US", "英国": "GB", "日本": "JP", "韩国": "KR", "德国": "DE", "法国": "FR", "俄罗斯": "RU", "加拿大": "CA",
	"澳大利亚": "AU", "意大利": "IT", "西班牙": "ES", "印度": "IN", "巴西": "BR", "新加坡": "SG", "泰国": "TH", "越南": "VN",
	"马来西亚": "MY", "荷兰": "NL", "瑞士": "CH", "瑞典": "SE", "墨西哥": "MX", "中华人民共和国": "CN", "香港": "HK", "台湾": "TW",
}

// Country looks a country up by lower-case name and gives its alpha-2 code.
func Country(name string) (code string, ok bool) {
	code, ok = countries().names[name]
	return code, ok
}

// CountryCode tells whether s (upper case) is an ISO 3166-1 alpha-2 or
// alpha-3 code.
func CountryCode(s string) bool {
	_, ok := countries().codes[s]
	return ok
}

// Countries lists country names in the order of their codes.
func Countries() []string { return countries().list }
