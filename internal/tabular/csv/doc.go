// Package csv reads and writes delimited text (RFC 4180 and its common
// relatives) as Arrow record batches.
//
// # Reading
//
// The dialect (header, delimiter, quote, spaces after the delimiter, line
// ends, byte order mark) is detected on the first 256 KiB; null markers and
// types in one streaming pass over at most ReadOptions.InferRows rows; the
// file is then read again from its start. Memory is one buffer of 1 MiB (more
// only for longer records, up to Options.MaxRecordBytes) and the batch being
// built.
//
// Types are chosen so that no value changes, only its spelling may:
//
//	int64           digits with an optional minus, at most 18, no leading zeros
//	float64         decimal literals that a float64 prints back as the same number
//	decimal128      decimal literals that it does not, if 38 digits hold them all
//	bool            true/false, yes/no, t/f in any case, one family a column
//	date32          YYYY-MM-DD; d/m/y and m/d/y with four-digit years where the
//	                whole column allows only one of the orders
//	timestamp[us]   ISO 8601; with zone (UTC) when every cell has one
//	utf8            everything else: 007, +1 555 0100, 1,234, 20-digit numbers
//
// Columns named like a code (zip, postcode, phone, fax, ssn, iban, ...) stay
// utf8 although all their cells are digits: leading zeros may only be missing
// by chance. In a file that quotes some columns always and others never, the
// quoted ones hold no numbers and no booleans.
//
// # Nulls
//
// An unquoted empty cell is null. A null marker counts only unquoted: in a
// typed column every marker is null; in a text column a marker is null when
// it is the only one there (besides empty) or is one in a typed column of the
// same file. Exceptions in text: None and - are null only where all other
// cells of the column are quoted; NA among two-letter upper-case codes is
// Namibia. A quoted empty cell is the empty string in text and null elsewhere.
//
// # Names
//
// Empty header cells become column_N (N from 1), a repeated name gets _2, _3
// and so on. Without a header all columns are column_N.
package csv
