package store

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkBuild is what the store adds to a step on a local disk: address,
// lease, one small file, manifest.
func BenchmarkBuild(b *testing.B) {
	ctx := context.Background()
	s, err := Open(ctx, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	i := 0
	for b.Loop() {
		i++
		_, built, err := s.Build(ctx, Recipe{Step: "bench", Version: 1, Part: fmt.Sprint(i)}, func(ctx context.Context, d *Draft) error {
			return d.WriteFile(ctx, "data", []byte("x"))
		})
		if err != nil || !built {
			b.Fatal(built, err)
		}
	}
}
