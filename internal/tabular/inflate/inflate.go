// Package inflate opens the compressed streams that text tables come in and
// places every fault in them.
package inflate

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// maxWindow bounds the memory that a zstd frame may ask for, in bytes: the
// window of `zstd --ultra -22`.
const maxWindow = 128 << 20

// Open returns the decompressed bytes of f. compression is "", "gzip" or
// "zstd"; concatenated gzip members and zstd frames read as one stream.
//
// Read errors are *tabular.Error: damaged or truncated streams match
// tabular.ErrCorrupt and carry the compressed byte reached.
func Open(f tabular.File, compression string) (io.ReadCloser, error) {
	src := &source{r: f.Reader()}
	s := &stream{name: f.Name, src: src}
	switch compression {
	case "":
		s.r = src
	case "gzip":
		z, err := gzip.NewReader(src)
		if err != nil {
			return nil, s.fault(noEOF(err))
		}
		s.r, s.close = z, z.Close
	case "zstd":
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, s.fault(noEOF(err))
		}
		s.r, s.close = z, func() error { z.Close(); return nil }
	default:
		return nil, &tabular.Error{
			File: f.Name, Kind: tabular.ErrUnsupported,
			Err: fmt.Errorf("compression %q; use gzip or zstd", compression),
		}
	}
	return s, nil
}

// source remembers how far the file was read and whether reading it failed,
// so that a disk fault is not taken for a damaged stream.
type source struct {
	r   io.Reader
	n   int64
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

type stream struct {
	name  string
	src   *source
	r     io.Reader
	close func() error
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = s.fault(err)
	}
	return n, err
}

func (s *stream) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

func (s *stream) fault(err error) error {
	e := &tabular.Error{File: s.name, Place: fmt.Sprintf("byte %d", s.src.n)}
	if s.close != nil || s.r == nil {
		e.Place = "compressed " + e.Place
	}
	switch {
	case s.src.err != nil:
		e.Err = fmt.Errorf("reading the file: %w", s.src.err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Kind, e.Err = tabular.ErrCorrupt, errors.New("the compressed stream ends early; copy the file again")
	default:
		e.Kind, e.Err = tabular.ErrCorrupt, fmt.Errorf("damaged compressed stream: %w", err)
	}
	return e
}

// noEOF keeps an empty file from looking like a finished read.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
