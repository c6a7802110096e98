// Package ipc reads and writes the Arrow IPC formats: the file format (.arrow,
// .feather of version 2) and the stream format.
//
// Messages are framed here and decoded by the Arrow library. The framing takes
// no length on trust, arrays are checked before they leave the package, and a
// panic of the library (v17 has them on malformed messages) becomes an error.
//
// Reference: https://arrow.apache.org/docs/format/Columnar.html.
package ipc
