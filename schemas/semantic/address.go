package semantic

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

// streetAddress is the line with street and house number, in the order of the
// country, with or without a unit.
var streetAddress = Type{
	Name: "street_address", Family: "address", Class: DirectIdentifier, Prior: .7,
	Headers: []string{
		"street_address", "address", "addr", "street", "street_name", "address_line", "address_1", "address_2", "address1", "address2", "addr1", "addr2", "address_line_1", "address_line_2", "address_line1", "address_line2", "home_address", "mailing_address", "postal_address",
		"billing_address", "shipping_address", "residence", "residential_address", "full_address", "add1", "地址", "详细地址", "住址", "家庭住址", "收货地址", "联系地址", "通讯地址", "户籍地址", "direccion", "adresse", "strasse",
	},
	Match: matchStreet, Generate: generateStreet,
	Keeps: []string{"surrogate"},
}

// streetWords name a kind of way or a unit, lower case without dots.
var streetWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`street st avenue ave road rd drive dr lane ln court ct boulevard blvd place pl way terrace ter circle cir highway hwy parkway pkwy square sq trail trl
		crescent cres close grove alley aly plaza loop mews gardens row walk crossing apt apartment suite ste unit floor flat box pmb route rte pike turnpike bypass esplanade quay wharf
		rue chemin allée impasse quai cours via viale piazza corso vicolo largo calle avenida av carrera plaza paseo camino rua travessa praça strasse straße str gasse weg platz allee ring damm ufer
		ulica ul aleja ulice náměstí utca út tér körút vägen gatan gata väg vej gade gaten veien gate katu tie kuja straat laan plein gracht weg dreef singel kade steenweg strada bulevardul calea hof`) {
		m[w] = true
	}
	return m
}()

var streetEndings = []string{"strasse", "straße", "gasse", "allee", "platz", "weg", "straat", "laan", "plein", "gracht", "dreef", "steenweg", "vägen", "gatan", "gata", "vägen", "gränd", "vej", "gade", "vænget", "veien", "gata", "gate", "katu", "kuja", "tie", "utca", "byntie", "stræde", "braut", "vegur", "stígur", "götu", "ring", "damm", "stien", "haven"}

// StreetWord tells whether w (lower case, no closing dot) names a kind of way,
// or ends like a compound that does.
func StreetWord(w string) bool {
	if streetWords[w] {
		return true
	}
	if len(w) < 6 {
		return false
	}
	for _, e := range streetEndings {
		if len(w) > len(e)+2 && strings.HasSuffix(w, e) {
			return true
		}
	}
	return false
}

func matchStreet(v string) bool {
	if len(v) < 5 || len(v) > 160 {
		return false
	}
	if hasHan(v) {
		return strings.ContainsAny(v, "路街道巷弄号村") && (strings.Contains(v, "号") || strings.ContainsAny(v, "路街巷村"))
	}
	digit, street, words, letters := false, false, 0, 0
	for w := range strings.FieldsFuncSeq(v, func(c rune) bool { return c == ' ' || c == ',' || c == '.' || c == '\n' || c == '#' }) {
		if words++; words > 16 {
			return false
		}
		if strings.ContainsFunc(w, unicode.IsDigit) {
			digit = true
		} else {
			letters++
			street = street || StreetWord(strings.ToLower(w))
		}
	}
	return words >= 2 && letters >= 1 && (digit && street || street && words <= 5 && letters == words || digit && letters <= 5 && (isDigit(v[0]) || isDigit(v[len(v)-1])))
}

var streetNames = strings.Fields(`Oak Maple Cedar Pine Elm Birch Willow Walnut Cherry Spruce Chestnut Sycamore Hickory Magnolia Juniper Laurel Aspen Poplar Dogwood Cypress Main Church Park Lake Hill River Spring Mill Center
	North South East West Washington Lincoln Jefferson Madison Jackson Franklin Adams Monroe Highland Sunset Valley Meadow Forest Prospect Pleasant Summit Ridge Orchard Garden Bridge Market Water Front School College Liberty Union
	Broad Grove Clinton Harrison Delaware Lafayette Windsor Cambridge Oxford Kensington Victoria Bayview Fairview Glenwood Greenwood Edgewood Lakeview Riverside Hillcrest Brookside Stonebridge Foxglove Heather Rosewood Clover Briar Quail Falcon Heron`)

var streetKinds = []string{"St", "Ave", "Rd", "Dr", "Ln", "Ct", "Blvd", "Pl", "Way", "Street", "Avenue", "Road", "Drive", "Lane"}

var cnRoads = []string{"人民路", "中山路", "解放路", "建设路", "和平路", "新华路", "长江路", "文化路", "朝阳街", "光明街", "胜利路", "青年路", "滨河路", "花园路", "学院路", "幸福路", "迎宾大道", "工业大道", "科技路", "东风路"}

func generateStreet(r *rand.Rand, c Context) string {
	if c.chinese() {
		d := pick(r, gazetteer.CNCounties())
		for range 8 {
			if d.Name != "市辖区" && d.Name != "县" {
				break
			}
			d = pick(r, gazetteer.CNCounties())
		}
		out := d.Name + fmt.Sprintf("%s%d号", pick(r, cnRoads), 1+r.IntN(999))
		if r.IntN(2) == 0 {
			out += fmt.Sprintf("%d单元%d室", 1+r.IntN(6), 100*(1+r.IntN(20))+1+r.IntN(4))
		}
		return out
	}
	name := pick(r, streetNames)
	if n := len(c.Like); n > 0 && isDigit(c.Like[n-1]) && !isDigit(c.Like[0]) {
		return likeCase(fmt.Sprintf("%s Strasse %d", name, 1+r.IntN(199)), c.Like)
	}
	out := fmt.Sprintf("%d %s %s", 1+r.IntN(9899), name, pick(r, streetKinds))
	if (c.Like == "" && r.IntN(5) == 0) || strings.Contains(strings.ToLower(c.Like), "apt") {
		out += fmt.Sprintf(" Apt. %d", 1+r.IntN(899))
	}
	return likeCase(out, c.Like)
}
