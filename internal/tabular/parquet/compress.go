package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// decompressor turns compressed pages into plain ones. It allocates no more
// than the page header declares, and for codecs of bounded expansion no more
// than the compressed bytes could yield.
type decompressor struct {
	zstd *zstd.Decoder
	gzip *gzip.Reader
	brot *brotli.Reader
}

// decode returns exactly size bytes, in dst where it is large enough.
func (d *decompressor) decode(codec format.CompressionCodec, dst, src []byte, size int) ([]byte, error) {
	if size == 0 && codec != format.Uncompressed {
		return dst[:0], nil
	}
	var err error
	switch codec {
	case format.Uncompressed:
		if len(src) != size {
			return nil, errSize
		}
		return src, nil
	case format.Snappy:
		n, err := snappy.DecodedLen(src)
		if err != nil || n != size {
			return nil, errSize
		}
		if dst, err = reserve(dst, size, len(src), 32); err != nil {
			return nil, err
		}
		return snappy.Decode(dst[:size], src)
	case format.Lz4Raw:
		if dst, err = reserve(dst, size, len(src), 256); err != nil {
			return nil, err
		}
		return lz4Block(dst[:size], src)
	case format.Lz4:
		if dst, err = reserve(dst, size, len(src), 256); err != nil {
			return nil, err
		}
		return lz4Hadoop(dst[:size], src)
	case format.Zstd:
		if d.zstd == nil {
			d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPageBytes))
			if err != nil {
				return nil, err
			}
		}
		out, err := d.zstd.DecodeAll(src, dst[:0])
		if err == nil && len(out) != size {
			err = errSize
		}
		return out, err
	case format.Gzip:
		r := bytes.NewReader(src)
		if d.gzip == nil {
			d.gzip, err = gzip.NewReader(r)
		} else {
			err = d.gzip.Reset(r)
		}
		if err != nil {
			return nil, err
		}
		if dst, err = reserve(dst, size, len(src), 1040); err != nil {
			return nil, err
		}
		return readExactly(d.gzip, dst[:size])
	case format.Brotli:
		if d.brot == nil {
			d.brot = brotli.NewReader(nil)
		}
		if err := d.brot.Reset(bytes.NewReader(src)); err != nil {
			return nil, err
		}
		out, err := io.ReadAll(io.LimitReader(d.brot, int64(size)+1))
		if err == nil && len(out) != size {
			err = errSize
		}
		return out, err
	default:
		return nil, fmt.Errorf("%w: compression codec %v", tabular.ErrUnsupported, codec)
	}
}

func (d *decompressor) close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
}

var errSize = errors.New("page does not decompress to its declared size")

// reserve makes room for size bytes, refusing sizes that packed bytes cannot
// yield at the codec's largest expansion.
func reserve(dst []byte, size, packed, expansion int) ([]byte, error) {
	if size > packed*expansion+64 {
		return nil, errSize
	}
	if cap(dst) < size {
		dst = make([]byte, size)
	}
	return dst[:size], nil
}

func readExactly(r io.Reader, dst []byte) ([]byte, error) {
	if _, err := io.ReadFull(r, dst); err != nil {
		return nil, errSize
	}
	var more [1]byte
	if n, err := r.Read(more[:]); n != 0 || (err != nil && !errors.Is(err, io.EOF)) {
		return nil, errSize
	}
	return dst, nil
}

func lz4Block(dst, src []byte) ([]byte, error) {
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil || n != len(dst) {
		return nil, errSize
	}
	return dst, nil
}

// lz4Hadoop decodes the deprecated LZ4 codec: Hadoop frames of a big-endian
// decompressed size, a big-endian compressed size and an LZ4 block. Some
// writers stored a bare block under the same code; that is tried last.
func lz4Hadoop(dst, src []byte) ([]byte, error) {
	at, in := 0, src
	for len(in) >= 8 {
		want := int(binary.BigEndian.Uint32(in))
		packed := int(binary.BigEndian.Uint32(in[4:]))
		if want > len(dst)-at || packed > len(in)-8 {
			break
		}
		if _, err := lz4Block(dst[at:at+want], in[8:8+packed]); err != nil {
			break
		}
		at += want
		in = in[8+packed:]
	}
	if at == len(dst) && len(in) == 0 {
		return dst, nil
	}
	return lz4Block(dst, src)
}
