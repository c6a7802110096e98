// Package proof checks after de-identification that no protected value
// survived.
//
// A Collector gathers keyed hashes of what must be gone from the input; a
// Scanner looks for it in the output: whole cells, words and runs of words in
// texts, and substrings. Values are compared squeezed: letters and digits only,
// in lower case, so that case, punctuation and spacing hide nothing.
//
// What counts as a leak depends on how much a value says:
//
//   - strong values (at least eight letters and digits, at least seven digits,
//     or several words) of direct identifiers are searched everywhere, as
//     substrings from eight bytes on and as runs of whole words below; all-digit
//     values must not continue in further digits;
//   - single words (a given name) of at least four letters, or two Chinese
//     characters, of direct identifiers are searched as whole cells and as
//     capitalized words; they are counted but not alarmed when they are common
//     (in CommonRows rows or more, ordinary English words, or values of a
//     column that is published as it is), and in invented columns, where
//     surrogates hit real names by chance;
//   - everything else (short values, few digits, columns that are not direct
//     identifiers) must not stand in its own column. Where the input is at
//     hand, row by row comparison finds every unchanged cell whatever it holds.
//
// Memory is bounded by Options.MaxValues; larger inputs take several passes,
// one for each shard of the hash space, and stay exact.
package proof
