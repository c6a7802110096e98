package ipc

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// bounded is an allocator that refuses what the current message cannot need:
// the Arrow library allocates by the lengths in a message before it looks for
// the bytes. Refusing is a panic, which the reader turns into an error.
type bounded struct {
	memory.GoAllocator
	frames *frames
}

// A compressed body may expand; none is refused that stays under slack bytes
// or under expansion times its size.
const (
	slack     = 64 << 20
	expansion = 300
)

func (b *bounded) limit(size int) {
	if int64(size) > slack+expansion*b.frames.body {
		panic(errors.New("buffer longer than its message allows"))
	}
}

func (b *bounded) Allocate(size int) []byte {
	b.limit(size)
	return b.GoAllocator.Allocate(size)
}

func (b *bounded) Reallocate(size int, old []byte) []byte {
	b.limit(size)
	return b.GoAllocator.Reallocate(size, old)
}
