// Package keys holds the secrets from which every pseudonym key is derived.
package keys
