package gazetteer

// Region is a first-level division below a country.
type Region struct {
	Code, Name string
	ZIP        string // US: first three ZIP digits of one of its areas
	Area       string // US: one of its telephone area codes
}

// usStates lists states with a ZIP prefix (USPS L002) and an area code (NANPA)
// that belong to them.
var usStates = []Region{
	{"AL", "Alabama", "352", "205"},
	{"AK", "Alaska", "995", "907"},
	{"AZ", "Arizona", "850", "602"},
	{"AR", "Arkansas", "722", "501"},
	{"CA", "California", "900", "213"},
	{"CO", "Colorado", "802", "303"},
	{"CT", "Connecticut", "061", "860"},
	{"DE", "Delaware", "198", "302"},
	{"DC", "District of Columbia", "200", "202"},
	{"FL", "Florida", "331", "305"},
	{"GA", "Georgia", "303", "404"},
	{"HI", "Hawaii", "968", "808"},
	{"ID", "Idaho", "837", "208"},
	{"IL", "Illinois", "606", "312"},
	{"IN", "Indiana", "462", "317"},
	{"IA", "Iowa", "503", "515"},
	{"KS", "Kansas", "672", "316"},
	{"KY", "Kentucky", "402", "502"},
	{"LA", "Louisiana", "701", "504"},
	{"ME", "Maine", "041", "207"},
	{"MD", "Maryland", "212", "410"},
	{"MA", "Massachusetts", "021", "617"},
	{"MI", "Michigan", "482", "313"},
	{"MN", "Minnesota", "554", "612"},
	{"MS", "Mississippi", "392", "601"},
	{"MO", "Missouri", "631", "314"},
	{"MT", "Montana", "591", "406"},
	{"NE", "Nebraska", "681", "402"},
	{"NV", "Nevada", "891", "702"},
	{"NH", "New Hampshire", "031", "603"},
	{"NJ", "New Jersey", "071", "201"},
	{"NM", "New Mexico", "871", "505"},
	{"NY", "New York", "100", "212"},
	{"NC", "North Carolina", "282", "704"},
	{"ND", "North Dakota", "581", "701"},
	{"OH", "Ohio", "432", "614"},
	{"OK", "Oklahoma", "731", "405"},
	{"OR", "Oregon", "972", "503"},
	{"PA", "Pennsylvania", "191", "215"},
	{"RI", "Rhode Island", "029", "401"},
	{"SC", "South Carolina", "292", "803"},
	{"SD", "South Dakota", "571", "605"},
	{"TN", "Tennessee", "372", "615"},
	{"TX", "Texas", "770", "713"},
	{"UT", "Utah", "841", "801"},
	{"VT", "Vermont", "054", "802"},
	{"VA", "Virginia", "232", "804"},
	{"WA", "Washington", "981", "206"},
	{"WV", "West Virginia", "253", "304"},
	{"WI", "Wisconsin", "532", "414"},
	{"WY", "Wyoming", "820", "307"},
}

// otherRegions are first-level divisions of other countries, code then name.
var otherRegions = []string{
	"ab", "alberta", "bc", "british columbia", "mb", "manitoba", "nb", "new brunswick", "nl", "newfoundland and labrador", "ns", "nova scotia",
	"on", "ontario", "pe", "prince edward island", "qc", "quebec", "québec", "sk", "saskatchewan", "nt", "northwest territories", "nu", "nunavut", "yt", "yukon",
	"nsw", "new south wales", "vic", "victoria", "qld", "queensland", "wa", "western australia", "sa", "south australia", "tas", "tasmania",
	"act", "australian capital territory", "nt", "northern territory", "pr", "puerto rico", "gu", "guam", "vi",
	"bavaria", "bayern", "baden-württemberg", "berlin", "brandenburg", "bremen", "hamburg", "hessen", "hesse", "niedersachsen", "lower saxony",
	"nordrhein-westfalen", "north rhine-westphalia", "rheinland-pfalz", "saarland", "sachsen", "saxony", "sachsen-anhalt", "schleswig-holstein", "thüringen", "thuringia",
	"upper austria", "lower austria", "vienna", "tyrol", "salzburg", "styria", "carinthia", "vorarlberg", "burgenland",
	"andalucía", "andalusia", "cataluña", "catalonia", "madrid", "galicia", "aragon", "castilla y león", "valencia", "murcia",
	"lombardia", "lombardy", "toscana", "tuscany", "lazio", "veneto", "piemonte", "piedmont", "sicilia", "sicily", "campania", "puglia", "sardegna", "liguria", "emilia-romagna",
	"île-de-france", "bretagne", "brittany", "normandie", "normandy", "occitanie", "provence", "aquitaine", "alsace", "lorraine", "bourgogne",
	"sp", "são paulo", "rj", "rio de janeiro", "mg", "minas gerais", "rs", "rio grande do sul", "pr", "paraná", "ba", "bahia", "pe", "pernambuco", "ce", "ceará", "df", "distrito federal",
	"maharashtra", "karnataka", "tamil nadu", "kerala", "gujarat", "punjab", "rajasthan", "uttar pradesh", "west bengal", "bihar", "telangana", "haryana", "delhi",
	"greater london", "kent", "essex", "surrey", "sussex", "hampshire", "yorkshire", "lancashire", "cornwall", "devon", "dorset", "norfolk", "suffolk",
	"jalisco", "nuevo león", "yucatán", "chiapas", "oaxaca", "puebla", "sonora", "dublin", "north brabant", "noord-brabant", "zuid-holland", "noord-holland", "utrecht", "gelderland",
}

var regionSet = func() map[string]struct{} {
	m := map[string]struct{}{}
	for _, s := range usStates {
		m[lower(s.Code)], m[lower(s.Name)] = struct{}{}, struct{}{}
	}
	for _, s := range otherRegions {
		m[s] = struct{}{}
	}
	for _, s := range []string{"北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海", "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "广西", "海南", "重庆", "四川", "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆", "台湾", "香港", "澳门"} {
		m[s], m[s+"省"], m[s+"市"] = struct{}{}, struct{}{}, struct{}{}
	}
	return m
}()

// lower maps ASCII to lower case.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 32
		}
	}
	return string(b)
}

// State tells whether s (lower case) is a known first-level division or its
// postal code.
func State(s string) bool {
	_, ok := regionSet[s]
	return ok
}

// USStates lists the 50 states and the District of Columbia.
func USStates() []Region { return usStates }

// USState finds a state by its upper-case code.
func USState(code string) (Region, bool) {
	for _, s := range usStates {
		if s.Code == code {
			return s, true
		}
	}
	return Region{}, false
}
