// Package e2e tests the built binary from outside, as people use it: processes
// are started, killed and restarted, nights are run, and what they leave behind
// is opened by other programs.
//
// NOCTURNE_BINARY names the binary; without it every test skips. `make test`
// builds it once and sets it. NOCTURNE_PYTHON names a Python with the readers'
// libraries.
package e2e
