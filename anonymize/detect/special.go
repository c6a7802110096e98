package detect

// special holds the types whose values speak through gazetteers or through the
// shape of the whole column rather than through a form.
var special = map[string]func(p *profile, f *features, h header, named bool) float64{
	"first_name":     firstNameEvidence,
	"last_name":      lastNameEvidence,
	"middle_name":    middleNameEvidence,
	"full_name":      fullNameEvidence,
	"city":           cityEvidence,
	"organization":   organizationEvidence,
	"street_address": streetEvidence,
	"age":            ageEvidence,
	"birth_date":     birthEvidence,
	"date":           dateEvidence,
	"timestamp":      timestampEvidence,
	"record_id":      recordEvidence,
	"foreign_key":    foreignEvidence,
	"account_id":     accountEvidence,
	"category":       categoryEvidence,
	"number":         numberEvidence,
	"count":          countEvidence,
	"money":          moneyEvidence,
	"boolean":        booleanEvidence,
	"free_text":      textEvidence,
	"street_number":  streetNumberEvidence,
	"username":       usernameEvidence,
	"password":       passwordEvidence,
	"postal_code":    postalEvidence,
	"health_measure": healthMeasureEvidence,
	"latitude":       func(p *profile, f *features, h header, named bool) float64 { return coordinateEvidence(f, named, 90) },
	"longitude":      func(p *profile, f *features, h header, named bool) float64 { return coordinateEvidence(f, named, 180) },
	"gender":         genderEvidence,
	"income":         incomeEvidence,
	"imei": func(p *profile, f *features, h header, named bool) float64 {
		return longNumberEvidence(f, named, "imei")
	},
	"us_ssn":        ssnEvidence,
	"national_id":   nationalEvidence,
	"phone":         phoneEvidence,
	"title_of_work": titleEvidence,
}
