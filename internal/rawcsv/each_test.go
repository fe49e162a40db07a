package rawcsv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readEach reads as Each does, on so many workers.
func readEach(ctx context.Context, r io.Reader, name string, workers int) (rows []row, err error) {
	c, err := NewReader(r, name, workers)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	parse := func(b *Block, out *[]row) error {
		*out = nil
		for rec := new(Record); b.Next(rec); {
			*out = append(*out, rowOf(rec))
		}
		return nil
	}
	return rows, Each(ctx, c, parse, func(out *[]row, before int64) error {
		for _, r := range *out {
			r.Row += before
			rows = append(rows, r)
		}
		return nil
	})
}

// manyRecords are records of all kinds, in several blocks.
func manyRecords(length int) string {
	random := rand.New(rand.NewPCG(1, uint64(length)))
	var text strings.Builder
	text.WriteString("a,b\n")
	for n := 0; text.Len() < length; n++ {
		switch random.IntN(8) {
		case 0:
			fmt.Fprintf(&text, "%d,\xff\r\n\n", n)
		case 1:
			fmt.Fprintf(&text, "%d,x,\"\"\"%s\"\n", n, canary)
		case 2:
			fmt.Fprintf(&text, "%d,\"%s\"\n", n, strings.Repeat("word,\r\n\"\"é", random.IntN(blockBytes/4)))
		default:
			fmt.Fprintf(&text, "%d,%s\n", n, canary)
		}
	}
	return text.String()
}

// TestWorkersChangeNothing: the same rows and the same errors by Read and by Each, whole,
// cut and damaged, at lengths about that of a block.
func TestWorkersChangeNothing(t *testing.T) {
	for _, length := range []int{0, 10, blockBytes - 4, blockBytes, 5 * blockBytes} {
		text := manyRecords(length)
		for name, data := range map[string][]byte{
			"t.csv": []byte(text), "quote.csv": []byte(text + "1,2\"\n" + text), "open.csv": []byte(text + "\""), "t.csv.gz": zip(t, text),
		} {
			for _, cut := range []int{0, 1, 9, len(data) / 2} {
				data := data[:max(0, len(data)-cut)]
				want, wantErr := readAll(bytes.NewReader(data), name)
				for _, workers := range []int{1, 2, 5} {
					got, err := readEach(t.Context(), bytes.NewReader(data), name, workers)
					if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(err) != fmt.Sprint(wantErr) {
						t.Errorf("%s, %d bytes, %d cut, %d workers: %v, want %v; %s", name, length, cut, workers, err, wantErr, diff)
					}
				}
			}
		}
	}
}

// TestEachEndsEarly: with what parse and take return, with a panic, of which nothing is
// told, and with the context, though the file has no end.
func TestEachEndsEarly(t *testing.T) {
	stop := errors.New("stop")
	var cancel context.CancelFunc
	for name, c := range map[string]struct {
		after func(parse bool) error // some blocks
		want  string
	}{
		"parse":   {func(parse bool) error { return map[bool]error{true: stop}[parse] }, "stop"},
		"take":    {func(parse bool) error { return map[bool]error{false: stop}[parse] }, "stop"},
		"panic":   {func(bool) error { panic(canary) }, "t.csv: byte offset 1"},
		"context": {func(bool) error { cancel(); return nil }, "context canceled"},
	} {
		for _, workers := range []int{1, 3} {
			var ctx context.Context
			ctx, cancel = context.WithCancel(t.Context())
			r, err := NewReader(endless("10,2\n"), "t.csv", workers)
			if err != nil {
				t.Fatal(err)
			}
			err = Each(ctx, r, func(b *Block, _ *int) error {
				if b.offset < 4*blockBytes {
					return nil
				}
				b.Next(new(Record))
				return c.after(true)
			}, func(_ *int, before int64) error {
				if before < 4 {
					return nil
				}
				return c.after(false)
			})
			cancel()
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), canary) {
				t.Errorf("%s, %d workers: %v", name, workers, err)
			}
		}
	}
}

// What is parsed before any of it is taken is little, though a long record precedes it.
func TestFewRecordsFollowALongOne(t *testing.T) {
	text := "a,b\n1,\"" + strings.Repeat(canary, maxRecord/len(canary)/2) + "\"\n" + strings.Repeat("1\n", maxRecord/2)
	r, err := NewReader(strings.NewReader(text), "t.csv", 1)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	err = Each(t.Context(), r, func(b *Block, n *int) error {
		*n = 0
		for rec := new(Record); b.Next(rec); {
			*n++
		}
		return nil
	}, func(n *int, _ int64) error {
		if rows += *n; *n > blockBytes {
			t.Errorf("%d records at a time", *n)
		}
		return nil
	})
	if want := 1 + maxRecord/2; err != nil || rows != want {
		t.Errorf("%d rows, want %d: %v", rows, want, err)
	}
}

// The last record ends behind the last line feed before which there is an even number
// of quotes.
func TestRecordsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a"\n]{0,40}`).Draw(t, "text")
		want, inside := 0, rapid.Bool().Draw(t, "inside")
		begin := inside != (strings.Count(text, `"`)%2 == 1)
		for i, b := range []byte(text) {
			begin = begin != (b == '"')
			if b == '\n' && !begin {
				want = i + 1
			}
		}
		if got := recordsEnd([]byte(text), inside); got != want {
			t.Fatalf("%q, inside %v: %d, want %d", text, inside, got, want)
		}
	})
}

// endless is one text again and again.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := copy(p, strings.Repeat(string(e), len(p)/len(e)+1))
	return n - n%len(e), nil
}
