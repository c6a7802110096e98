package semantic

// all is the one list to extend when a type is added.
var all = append([]Type{
	email, phone, cnMobile,
	firstName, lastName, middleName, fullName, nameTitle,
	usSSN, cnResidentID, nationalID,
	iban, creditCard,
	ipv4, ipv6, url, domain, macAddress, imei, uuid,
	streetAddress, city, state, postalCode, country, latitude, longitude,
	birthDate, age, gender,
	username, password, organization,
	recordID, foreignKey, money, freeText,
}, vocabulary...)
