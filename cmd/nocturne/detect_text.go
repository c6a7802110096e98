package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/spf13/cobra"
)

// textLines is how many texts are handed to a worker at once, and maxText how
// long one line may be.
const (
	textLines = 256
	maxText   = 64 << 20
)

// textLine is one line in; its id is repeated as it was written.
type textLine struct {
	ID   json.RawMessage `json:"id"`
	Text *string         `json:"text"`
}

// spansLine is one line out.
type spansLine struct {
	ID    json.RawMessage `json:"id"`
	Spans []detect.Span   `json:"spans"`
}

// lineBatch is some lines and the number of the first, from 1.
type lineBatch struct {
	first int
	lines [][]byte
}

func detectTexts(c *cobra.Command, path string, opt detect.TextOptions, workers int) error {
	in, name := c.InOrStdin(), "standard input"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return usageError{fmt.Errorf("--text: %w", err)}
		}
		defer f.Close()
		in, name = f, path
	}
	out := bufio.NewWriterSize(c.OutOrStdout(), 1<<16)
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 1<<16), maxText)
	line := 1
	err := parallel.Stream(c.Context(), workers,
		func(context.Context) (lineBatch, error) {
			b := lineBatch{first: line}
			for len(b.lines) < textLines && s.Scan() {
				b.lines = append(b.lines, bytes.Clone(s.Bytes()))
				line++
			}
			if err := s.Err(); err != nil {
				return b, fmt.Errorf("%s, line %d: %w", name, line, err)
			}
			if len(b.lines) == 0 {
				return b, io.EOF
			}
			return b, nil
		},
		func(_ context.Context, _ int, b lineBatch) ([]byte, error) { return detectBatch(name, b, opt) },
		func(_ int, b []byte) error {
			_, err := out.Write(b)
			return err
		})
	return errors.Join(err, out.Flush())
}

func detectBatch(name string, b lineBatch, opt detect.TextOptions) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for i, raw := range b.lines {
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		var in textLine
		// encoding/json quotes what it cannot read, so its error stays here.
		if json.Unmarshal(raw, &in) != nil || in.ID == nil || in.Text == nil {
			return nil, fmt.Errorf(`%s, line %d: not a JSON object {"id":…,"text":"…"}`, name, b.first+i)
		}
		spans := detect.Text(*in.Text, opt)
		if spans == nil {
			spans = []detect.Span{}
		}
		if err := enc.Encode(spansLine{in.ID, spans}); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
