// Package postgres reads tables of a PostgreSQL database in one snapshot.
//
// A Snapshot is a REPEATABLE READ READ ONLY transaction whose exported
// snapshot all other connections join: every table is read as of the same
// instant, several of them at once if wanted. Rows come in the order of the
// primary key where there is one; without one they come in storage order,
// which is stable within a snapshot but not promised across nights.
//
// # Types
//
//	PostgreSQL                        Arrow                  remark
//	bool                              bool
//	int2, int4, int8                  int16, int32, int64
//	oid                               int64
//	float4, float8                    float32, float64       NaN and infinities kept
//	numeric(p,s), p <= 38, s >= 0     decimal128(p,s)        NaN is a bad cell
//	other numeric                     utf8                   incl. NaN, Infinity
//	text, varchar, char(n), name,     utf8                   char(n) without its padding
//	citext
//	bytea                             binary
//	date                              date32                 infinity is a bad cell
//	time                              time64[us]             24:00 is a bad cell
//	timestamp                         timestamp[us]          infinity is a bad cell
//	timestamptz                       timestamp[us, UTC]     infinity is a bad cell
//	interval                          utf8                   ISO 8601 duration
//	uuid                              utf8                   lower case
//	json, jsonb                       utf8
//	enums                             utf8
//	domains                           as their base type
//	arrays                            list of the element    several dimensions: a bad cell
//	timetz, money, inet, cidr,        utf8                   as PostgreSQL prints them, with
//	macaddr, bit, xml, ranges,                               TimeZone UTC, lc_monetary C
//	composites, hstore, geometry, ...
//
// A bad cell is one that the Arrow type cannot hold: it goes to
// Options.OnBadCell and reads as null, or ends the read when there is none.
package postgres
