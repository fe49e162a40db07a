package tokenize

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// EncodeLines reads one JSON string a line and writes the array of its ids, one
// a line, without BOS or EOS, by the tokenizer in a folder. A line that is not
// a JSON string is an error of exit.BadData that gives its number.
func EncodeLines(ctx context.Context, folder string, in io.Reader, out io.Writer) error {
	dir, err := store.Open(folder)
	if err != nil {
		return err
	}
	t, err := tokenizer.Open(ctx, dir)
	if err != nil {
		return err
	}
	e := lineEncoder{encoder: t.NewEncoder(), in: bufio.NewReaderSize(in, 1<<16), out: bufio.NewWriterSize(out, 1<<16)}
	for number := 1; ; number++ {
		if err := e.next(); errors.Is(err, io.EOF) {
			return e.out.Flush()
		} else if err != nil {
			return errors.Join(fmt.Errorf("line %d: %w", number, err), e.out.Flush())
		}
	}
}

// lineEncoder encodes line by line, in buffers that it keeps.
type lineEncoder struct {
	encoder tokenizer.Encoder
	in      *bufio.Reader
	out     *bufio.Writer
	ids     []int32
	row     []byte
}

// next encodes one line. After the last it returns io.EOF.
func (e *lineEncoder) next() error {
	line, err := e.in.ReadBytes('\n')
	if err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)) {
		return err
	}
	var text *string
	if json.Unmarshal(line, &text) != nil || text == nil {
		return exit.Errorf(exit.BadData, "not a JSON string; write one string in double quotes a line")
	}
	e.ids = e.encoder.Encode(e.ids[:0], *text, math.MaxInt)
	e.row = appendArray(e.row[:0], e.ids)
	if _, err := e.out.Write(e.row); err != nil {
		return err
	}
	if e.in.Buffered() > 0 {
		return nil
	}
	// Whoever waits for an answer before the next line gets it.
	return e.out.Flush()
}

// appendArray appends ids as a JSON array and a line break.
func appendArray(dst []byte, ids []int32) []byte {
	dst = append(dst, '[')
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(id), 10)
	}
	return append(dst, "]\n"...)
}
