package semantic

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// values is a closed vocabulary, compared after folding.
type values map[string]bool

func valuesOf(list string) values {
	m := values{}
	for v := range strings.SplitSeq(list, ",") {
		m[fold(strings.TrimSpace(v))] = true
	}
	return m
}

// fold lower-cases and drops separators, so "Never-married" and
// "never married" agree.
func fold(v string) string {
	return strings.Map(func(c rune) rune {
		if c == ' ' || c == '-' || c == '_' || c == '.' || c == '/' || c == '\'' {
			return -1
		}
		return unicode.ToLower(c)
	}, v)
}

func oneOf(set values) func(string) bool {
	return func(v string) bool { return len(v) <= 48 && set[fold(v)] }
}

var (
	maritalValues    = valuesOf("married,single,divorced,widowed,widow,widower,separated,never married,married civ spouse,married af spouse,married spouse absent,unmarried,civil union,domestic partner,cohabiting,engaged,partnered,civil partnership,已婚,未婚,离异,丧偶,离婚")
	relationValues   = valuesOf("husband,wife,own child,not in family,other relative,spouse,son,daughter,parent,mother,father,sibling,brother,sister,child,grandchild,head of household,householder,guardian,partner,friend,cousin,配偶,子女,父亲,母亲,父母,户主,儿子,女儿")
	educationValues  = valuesOf("bachelors,masters,doctorate,phd,hs grad,some college,assoc acdm,assoc voc,assoc,associate,prof school,11th,10th,9th,7th 8th,5th 6th,1st 4th,12th,preschool,primary,secondary,tertiary,university,university degree,high school,high school graduate,college,bachelor,bachelor degree,bachelors degree,master,master degree,masters degree,associate degree,associates degree,associates,graduate,postgraduate,undergraduate,basic.4y,basic.6y,basic.9y,high.school,professional.course,illiterate,elementary,middle school,vocational,diploma,graduate school,some high school,bsc,msc,mba,ba,ma,bs,ms,graduation,2n cycle,小学,初中,高中,中专,大专,专科,本科,硕士,博士,研究生,学士,高中及以下")
	raceValues       = valuesOf("white,black,asian,asian pac islander,amer indian eskimo,hispanic,latino,african american,black or african american,caucasian,native american,american indian,pacific islander,native hawaiian,mixed,two or more races,multiracial,hispanic or latino,non hispanic,not hispanic or latino,south asian,east asian,african,汉族,汉,回族,满族,维吾尔族,壮族,苗族,藏族,蒙古族")
	religionValues   = valuesOf("christian,christianity,catholic,protestant,orthodox,muslim,islam,hindu,hinduism,buddhist,buddhism,jewish,judaism,sikh,atheist,agnostic,baptist,methodist,lutheran,mormon,none,佛教,基督教,伊斯兰教,道教,天主教")
	employmentValues = valuesOf("private,self emp not inc,self emp inc,federal gov,local gov,state gov,without pay,never worked,full time,part time,contract,contractor,temporary,permanent,freelance,self employed,unemployed,employed,retired,intern,internship,student,govt job,government,public,casual,fixed term,gig,全职,兼职,自由职业,在职,离职,退休")
	cardBrands       = valuesOf("visa,mastercard,master card,amex,american express,discover,jcb,diners club,dinersclub,unionpay,maestro,visa electron,mastercard debit,银联,visa debit")
	booleanValues    = valuesOf("yes,no,true,false,y,n,t,f,是,否,on,off,0,1")
)

var nationalityValues = valuesOf(`american,british,english,scottish,welsh,irish,french,german,spanish,italian,portuguese,dutch,belgian,swiss,austrian,swedish,norwegian,danish,finnish,icelandic,polish,czech,slovak,hungarian,romanian,bulgarian,
	greek,turkish,russian,ukrainian,belarusian,lithuanian,latvian,estonian,serbian,croatian,slovenian,bosnian,albanian,macedonian,chechen,georgian,armenian,chinese,japanese,korean,south korean,vietnamese,thai,indian,pakistani,bangladeshi,
	indonesian,malaysian,filipino,singaporean,australian,new zealander,canadian,mexican,brazilian,argentinian,argentine,chilean,colombian,peruvian,venezuelan,cuban,ecuadorian,ecuadorean,uruguayan,paraguayan,bolivian,guatemalan,honduran,
	nicaraguan,panamanian,jamaican,haitian,dominican,puerto rican,egyptian,moroccan,algerian,tunisian,libyan,nigerian,ghanaian,kenyan,ethiopian,somali,south african,ugandan,sudanese,israeli,palestinian,lebanese,syrian,jordanian,iraqi,iranian,
	saudi,emirati,qatari,kuwaiti,yemeni,afghan,nepali,nepalese,sri lankan,burmese,cambodian,laotian,mongolian,kazakh,uzbek,taiwanese,hong konger,maltese,cypriot,luxembourger,surinamese,guyanese,belizean,belizian,cameroonian,senegalese,zimbabwean,
	zambian,angolan,congolese,rwandan,tanzanian,greenlander,slovene,hispanic,latino,european,african,asian,danes,swedes,finns,norwegians,slovenians,italians,americans,germans,russians,scots`)

// Nationality tells whether v is a demonym, singular or plural.
func Nationality(v string) bool {
	if len(v) > 32 {
		return false
	}
	f := fold(v)
	return nationalityValues[f] || (strings.HasSuffix(f, "s") && nationalityValues[f[:len(f)-1]])
}

// occupations are words that end or make up the name of a job.
var occupations = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`accountant actor actress administrator adviser advisor agent analyst apprentice architect archivist artist assistant associate astronomer athlete attendant attorney auditor author baker banker barber barista bartender biologist
		boss broker buyer captain carpenter cashier chef chemist chief cleaner clerk coach cobbler collector comedian conductor consultant contractor controller cook coordinator counselor counsellor courier craftsman custodian dancer dealer dentist designer detective
		developer dietitian director dispatcher doctor draftsman drafter driver echocardiographer economist editor educator electrician employee engineer entrepreneur estimator executive farmer fighter fireman firefighter fisherman florist foreman forester fumigator gardener geologist grader
		guard guide hairdresser handler handyman head helper historian housekeeper housemaid hygienist illustrator inspector instructor interpreter investigator janitor jeweler journalist judge laborer labourer landlord lawyer lecturer librarian lifeguard locksmith logger machinist
		maid mailman manager marketer mason masseur masseuse mathematician mechanic mediator merchant messenger meteorologist midwife miner minister model musician nanny navigator nurse nutritionist officer operator optician optometrist orderly owner painter paralegal paramedic
		partner pathologist pediatrician performer pharmacist photographer physician physicist physiotherapist pilot plumber policeman police porter postman preparer president priest principal printer producer professor programmer proofreader psychiatrist psychologist
		publisher radiographer radiologist ranger realtor receptionist recruiter repairer reporter representative researcher retailer roofer sailor salesman salesperson salesclerk sales scientist sculptor seamstress secretary serviceman setter sheriff singer solderer
		soldier sonographer specialist statistician stenographer stewardess steward student supervisor surgeon surveyor tailor teacher technician technologist telemarketer teller tester therapist tour trader trainer trainee translator treasurer tutor typist underwriter
		usher vendor veterinarian vp waiter waitress watchman weaver welder woodworker worker writer zoologist retired unemployed entrepreneur management technician services housemaid blue-collar exec-managerial craft-repair adm-clerical prof-specialty
		machine-op-inspct transport-moving handlers-cleaners farming-fishing tech-support protective-serv priv-house-serv armed-forces self-employed admin. ceo cto cfo 工程师 教师 医生 护士 律师 会计 司机 经理 工人 农民 学生 公务员 程序员 销售 厨师`) {
		m[w] = true
	}
	return m
}()

// OccupationWord tells whether w (lower case) names or heads the name of a job.
func OccupationWord(w string) bool { return occupations[w] }

func matchOccupation(v string) bool {
	if len(v) < 2 || len(v) > 80 {
		return false
	}
	v = strings.ToLower(v)
	if occupations[v] {
		return true
	}
	n, hit := 0, false
	for w := range strings.FieldsFuncSeq(v, func(c rune) bool { return c == ' ' || c == ',' || c == '/' || c == '-' || c == '(' || c == ')' }) {
		if n++; n > 10 {
			return false
		}
		hit = hit || occupations[w] || (strings.HasSuffix(w, "s") && occupations[w[:len(w)-1]])
	}
	return hit
}

// matchCardExpiry is MM/YY or MM/YYYY.
func matchCardExpiry(v string) bool {
	m, y, ok := strings.Cut(v, "/")
	return ok && len(m) >= 1 && len(m) <= 2 && (len(y) == 2 || len(y) == 4) && allDigits(m) && allDigits(y) && num([]byte(m)) >= 1 && num([]byte(m)) <= 12
}

func matchCVV(v string) bool { return (len(v) == 3 || len(v) == 4) && allDigits(v) }

func matchHash(v string) bool {
	switch len(v) {
	case 32, 40, 56, 64, 96, 128:
	default:
		return false
	}
	letters := 0
	for i := 0; i < len(v); i++ {
		if !isHex(v[i]) {
			return false
		}
		if !isDigit(v[i]) {
			letters++
		}
	}
	return letters > 2
}

func matchPath(v string) bool {
	if len(v) < 4 || len(v) > 1024 || strings.Contains(v, "://") {
		return false
	}
	slashes := strings.Count(v, "/") + strings.Count(v, "\\")
	return slashes >= 2 && utf8.ValidString(v) && (v[0] == '/' || v[1] == ':' || strings.IndexByte(v, '.') > 0)
}

var healthWords = valuesOf(`diabetes,diabetic,hypertension,cancer,asthma,obesity,arthritis,depression,anxiety,stroke,copd,hiv,aids,pneumonia,influenza,flu,covid,covid19,tuberculosis,hepatitis,epilepsy,migraine,anemia,leukemia,tumor,healthy,
	infection,fracture,alzheimers,dementia,bronchitis,allergy,kidney disease,heart disease,heart failure,coronary artery disease,schizophrenia,bipolar,autism,malaria,dengue,smoker,non smoker,never smoked,formerly smoked,smokes,benign,malignant,gout,eczema,psoriasis,
	positive,negative,a+,b+,ab+,o+,高血压,糖尿病,冠心病,肺炎,哮喘,感冒,胃炎,肝炎`)

// matchHealth is a known condition, or an ICD-10 code with its decimal part.
func matchHealth(v string) bool {
	if len(v) < 2 || len(v) > 64 {
		return false
	}
	if healthWords[fold(v)] {
		return true
	}
	if len(v) >= 5 && len(v) <= 8 && isUpper(v[0]) && isDigit(v[1]) && isAlnum(v[2]) && v[3] == '.' {
		return true
	}
	n := 0
	for w := range strings.FieldsSeq(v) {
		if n++; n > 6 {
			return false
		}
		if f := fold(w); len(f) > 4 && (healthWords[f] || strings.HasSuffix(f, "itis") || strings.HasSuffix(f, "osis") || strings.HasSuffix(f, "emia")) {
			return true
		}
	}
	return false
}

// matchIncome is an amount or a bracket such as "<=50K" or "$10k-20k".
func matchIncome(v string) bool {
	if len(v) > 32 {
		return false
	}
	if matchMoney(v) {
		return true
	}
	digit := false
	if !strings.ContainsAny(v, "<>$€£¥kK万") {
		return false
	}
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9':
			digit = true
		case strings.ContainsRune("<>=+-$€£¥.,kK~ 万元", c):
		default:
			return false
		}
	}
	return digit
}
