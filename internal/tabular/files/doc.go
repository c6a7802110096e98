// Package files opens and creates tables by name: the ending gives the format
// and the compression, a folder or a glob is one table in parts, "-" is
// standard input or output.
package files
