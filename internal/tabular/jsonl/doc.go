// Package jsonl reads and writes JSON lines (one RFC 8259 object a line) as
// Arrow record batches.
//
// # Reading
//
// One streaming pass over at most ReadOptions.InferRows lines infers the
// schema, then the file is read again. Keys become columns in the order in
// which they first appear; a missing key is null. A value's type is the
// narrowest that holds every value of the column without changing it:
//
//	int64          integers within int64, also beyond 2^53
//	float64        numbers that a float64 prints back as the same number
//	decimal128     numbers that it does not, if 38 digits hold them all
//	bool           true, false
//	date32         strings YYYY-MM-DD
//	timestamp[us]  ISO 8601 strings; with zone (UTC) when all have one
//	utf8           strings
//	list           arrays, of the union of their elements
//	struct         objects, with the union of their keys
//	utf8           anything else: numbers that nothing above holds, and unions
//	               of different kinds (number and string, object and array),
//	               each value as its text: strings bare, the rest as JSON
//
// An object with more than 1,000 distinct keys below the top is read as its
// JSON text, for its keys are data. So is an object that never has a key.
//
// Duplicate keys of one object are an error when their type is inferred or
// their column is read. Strings with unpaired surrogate escapes get U+FFFD.
package jsonl
