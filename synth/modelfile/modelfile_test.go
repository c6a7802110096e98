package modelfile_test

import (
	"bufio"
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/synth/modelfile"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	body := modelfile.AppendBytes(modelfile.AppendBytes(nil, []byte("one")), nil)
	require.NoError(t, modelfile.Write(&file, "TESTMOD1", body))
	magic, err := modelfile.Magic(bufio.NewReader(bytes.NewReader(file.Bytes())))
	require.NoError(t, err)
	require.Equal(t, "TESTMOD1", magic)
	got, err := modelfile.Read(&file, "TESTMOD1")
	require.NoError(t, err)
	part, rest, err := modelfile.CutBytes(got)
	require.NoError(t, err)
	require.Equal(t, "one", string(part))
	part, rest, err = modelfile.CutBytes(rest)
	require.NoError(t, err)
	require.Empty(t, part)
	require.Empty(t, rest)
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	require.NoError(t, modelfile.Write(&file, "TESTMOD1", []byte("the body")))
	for i := range file.Bytes() {
		b := bytes.Clone(file.Bytes())
		b[i] ^= 0x10
		_, err := modelfile.Read(bytes.NewReader(b), "TESTMOD1")
		require.ErrorIsf(t, err, modelfile.ErrInvalid, "byte %d", i)
		_, err = modelfile.Read(bytes.NewReader(file.Bytes()[:i]), "TESTMOD1")
		require.ErrorIsf(t, err, modelfile.ErrInvalid, "first %d bytes", i)
	}
	require.Error(t, modelfile.Write(&file, "short", nil))
}
