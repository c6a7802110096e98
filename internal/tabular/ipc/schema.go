package ipc

import "encoding/binary"

// checkSchema walks the field tables of a schema message and fails with
// errFrame where a vector is longer than the metadata, or fields nest without
// end: the Arrow library allocates and recurses by what they claim. Table and
// field numbers are those of Arrow's Schema.fbs.
func checkSchema(b []byte) (err error) {
	defer func() {
		if recover() != nil {
			err = errFrame
		}
	}()
	root := int(binary.LittleEndian.Uint32(b))
	at := field(b, root, 2)
	if at == 0 {
		return errFrame
	}
	w := schemaWalk{b: b, left: len(b) / 8}
	schema := follow(b, at)
	w.metadata(schema, 2)
	w.fields(schema, 1, 0)
	if w.bad {
		return errFrame
	}
	return nil
}

type schemaWalk struct {
	b    []byte
	left int // fields that may still come
	bad  bool
}

// follow returns the target of an offset.
func follow(b []byte, at int) int { return at + int(binary.LittleEndian.Uint32(b[at:])) }

// vector returns the first element's position and the count of a vector of
// offsets.
func (w *schemaWalk) vector(table, index int) (int, int) {
	at := field(w.b, table, index)
	if at == 0 {
		return 0, 0
	}
	v := follow(w.b, at)
	n := int(binary.LittleEndian.Uint32(w.b[v:]))
	if n > (len(w.b)-v-4)/4 {
		w.bad = true
		return 0, 0
	}
	return v + 4, n
}

func (w *schemaWalk) metadata(table, index int) {
	at, n := w.vector(table, index)
	for i := range n {
		pair := follow(w.b, at+4*i)
		for k := range 2 {
			if p := field(w.b, pair, k); p > 0 {
				s := follow(w.b, p)
				if size := int(binary.LittleEndian.Uint32(w.b[s:])); size > len(w.b)-s-4 {
					w.bad = true
				}
			}
		}
	}
}

func (w *schemaWalk) fields(table, index, depth int) {
	at, n := w.vector(table, index)
	for i := 0; i < n && !w.bad; i++ {
		if w.left--; w.left < 0 || depth > 64 {
			w.bad = true
			return
		}
		f := follow(w.b, at+4*i)
		w.metadata(f, 6)
		w.fields(f, 5, depth+1)
	}
}
