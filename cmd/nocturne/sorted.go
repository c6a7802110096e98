package main

import (
	"maps"
	"slices"
)

// sortedKeys lists the keys of a map in order, for output that does not depend
// on map order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
