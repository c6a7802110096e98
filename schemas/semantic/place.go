package semantic

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

var city = Type{
	Name: "city", Family: "place", Class: QuasiIdentifier, Prior: .6,
	Headers: []string{"city", "town", "suburb", "locality", "municipality", "city_name", "place_of_birth", "birthplace", "birth_place", "hometown", "village", "district", "borough", "city_town", "城市", "市", "区县", "所在城市", "区", "县", "ciudad", "ville", "ort", "stadt", "cidade"},
	Match:   nameForm,
	Generate: func(r *rand.Rand, c Context) string {
		if c.chinese() {
			for range 40 {
				d := pick(r, gazetteer.CNCounties())
				if name, ok := gazetteer.CNName(d.Code[:4]); ok && strings.HasSuffix(name, "市") {
					return name
				}
			}
			return "杭州市"
		}
		return likeCase(pickZipf(r, gazetteer.USCities()).Name, c.Like)
	},
	Keeps: []string{"surrogate", "generalize"},
}

var state = Type{
	Name: "state", Family: "place", Class: QuasiIdentifier, Prior: .85,
	Headers: []string{"state", "province", "region", "county", "state_code", "state_name", "state_full", "state_province", "prov", "st", "administrative_area", "省", "省份", "州", "籍贯", "estado", "bundesland", "canton"},
	Match: func(v string) bool {
		return len(v) >= 2 && len(v) <= 40 && gazetteer.State(strings.ToLower(v))
	},
	Generate: func(r *rand.Rand, c Context) string {
		if c.chinese() {
			name, _ := gazetteer.CNName(pick(r, gazetteer.CNCounties()).Code[:2])
			for !gazetteer.State(name) {
				name, _ = gazetteer.CNName(pick(r, gazetteer.CNCounties()).Code[:2])
			}
			return name
		}
		s := pick(r, gazetteer.USStates())
		if len(c.Like) == 2 {
			return likeCase(s.Code, c.Like)
		}
		if c.Like == "" {
			return s.Code
		}
		return likeCase(s.Name, c.Like)
	},
	Keeps: []string{"surrogate", "generalize"},
}

var country = Type{
	Name: "country", Family: "place", Class: QuasiIdentifier, Prior: .93,
	Headers: []string{"country", "country_code", "country_name", "nation", "native_country", "country_full", "birth_country", "country_of_birth", "country_of_residence", "iso_country", "国家", "国别", "pais", "pays", "land"},
	Match: func(v string) bool {
		if len(v) < 2 || len(v) > 60 {
			return false
		}
		if len(v) <= 3 && gazetteer.CountryCode(v) {
			return true
		}
		_, ok := gazetteer.Country(strings.ToLower(strings.ReplaceAll(v, "-", " ")))
		if !ok {
			_, ok = gazetteer.Country(strings.ToLower(v))
		}
		return ok
	},
	Generate: func(r *rand.Rand, c Context) string {
		if c.chinese() {
			return pick(r, []string{"中国", "美国", "英国", "日本", "韩国", "德国", "法国", "加拿大", "澳大利亚"})
		}
		if n := len(c.Like); n == 2 || n == 3 {
			for {
				if name := pick(r, gazetteer.Countries()); name != "" {
					if code, _ := gazetteer.Country(strings.ToLower(name)); n == 2 || gazetteer.CountryCode(code) {
						if n == 3 {
							return pick(r, []string{"USA", "GBR", "FRA", "DEU", "ESP", "ITA", "CAN", "AUS", "JPN", "CHN"})
						}
						return code
					}
				}
			}
		}
		return likeCase(pick(r, gazetteer.Countries()), c.Like)
	},
	Keeps: []string{"surrogate", "generalize"},
}

// postalCode covers the forms of most countries: 3 to 7 digits, US ZIP+4, and
// the letter-digit codes of Britain, Canada, the Netherlands and their kin.
var postalCode = Type{
	Name: "postal_code", Family: "place", Class: QuasiIdentifier, Prior: .3,
	Headers: []string{"postal_code", "postcode", "postal", "zip", "zip_code", "zipcode", "post_code", "postalcode", "zip5", "zip4", "plz", "cep", "pin_code", "pincode", "eircode", "邮编", "邮政编码", "codigo_postal", "code_postal"},
	Match:   matchPostal,
	Generate: func(r *rand.Rand, c Context) string {
		if c.Like != "" && matchPostal(c.Like) {
			return postalLike(r, c.Like)
		}
		if c.chinese() || strings.HasPrefix(c.Locale, "zh") {
			return fmt.Sprintf("%02d%04d", 1+r.IntN(86), r.IntN(10000))
		}
		return pick(r, gazetteer.USStates()).ZIP + string(randDigits(r, 2))
	},
	Keeps: []string{"surrogate", "postcode_prefix"},
}

func matchPostal(v string) bool {
	if len(v) < 3 || len(v) > 10 {
		return false
	}
	digits, letters := 0, 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case isDigit(c):
			digits++
		case isUpper(c) || isLower(c):
			letters++
		case (c == ' ' || c == '-') && i > 0 && i < len(v)-1:
		default:
			return false
		}
	}
	if letters == 0 {
		return digits >= 3 && digits <= 9
	}
	return digits >= 1 && letters <= 5 && digits+letters >= 5 && digits+letters <= 7
}

func postalLike(r *rand.Rand, like string) string {
	if len(like) == 5 && allDigits(like) {
		return pick(r, gazetteer.USStates()).ZIP + string(randDigits(r, 2))
	}
	out := []byte(like)
	for i, c := range out {
		switch {
		case isDigit(c):
			out[i] = byte('0' + r.IntN(10))
		case isUpper(c):
			out[i] = "ABCEGHJKLMNPRSTVXY"[r.IntN(18)]
		case isLower(c):
			out[i] = "abceghjklmnprstvxy"[r.IntN(18)]
		}
	}
	return string(out)
}

var latitude = Type{
	Name: "latitude", Family: "coordinates", Class: QuasiIdentifier, Prior: .3,
	Headers:  []string{"latitude", "lat", "gps_lat", "geo_lat", "纬度"},
	Match:    func(v string) bool { return coordinate(v, 90) },
	Generate: func(r *rand.Rand, _ Context) string { return fmt.Sprintf("%.5f", 25+float64(r.IntN(2_400_000))/1e5) },
	Keeps:    []string{"noise", "generalize"},
}

var longitude = Type{
	Name: "longitude", Family: "coordinates", Class: QuasiIdentifier, Prior: .3,
	Headers:  []string{"longitude", "lon", "lng", "long", "gps_lon", "gps_long", "geo_lon", "geo_lng", "经度"},
	Match:    func(v string) bool { return coordinate(v, 180) },
	Generate: func(r *rand.Rand, _ Context) string { return fmt.Sprintf("%.5f", -124+float64(r.IntN(5_700_000))/1e5) },
	Keeps:    []string{"noise", "generalize"},
}

// coordinate is a decimal with at least three places between -limit and limit.
func coordinate(v string, limit int) bool {
	if len(v) > 24 {
		return false
	}
	if v = strings.TrimPrefix(v, "-"); len(v) < 5 {
		return false
	}
	i := strings.IndexByte(v, '.')
	return i >= 1 && i <= 3 && len(v)-i > 3 && allDigits(v[:i]) && allDigits(v[i+1:]) && num([]byte(v[:i])) <= limit
}
