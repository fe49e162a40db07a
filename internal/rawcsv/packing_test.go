package rawcsv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/clinflow/clinflow/internal/exit"
)

// pieceOf takes a random piece off a text.
func pieceOf(random *rand.Rand, text *string, most int) []byte {
	n := min(1+random.IntN(most), len(*text))
	defer func() { *text = (*text)[n:] }()
	return []byte((*text)[:n])
}

// bgzip packs as BGZF, with the empty member that ends a file.
func bgzip(t testing.TB, text string) (packed []byte) {
	random := rand.New(rand.NewPCG(2, 2))
	for more := true; more; {
		more = len(text) > 0
		member := bgzfMember(t, pieceOf(random, &text, bgzfText))
		packed = append(packed, member...)
	}
	return packed
}

func bgzfMember(t testing.TB, text []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Extra = []byte("BC\x02\x00\x00\x00")
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(buf.Bytes()[16:], uint16(buf.Len()-1))
	return buf.Bytes()
}

// zstdFrames packs into frames, with and without the length of their text, and frames to
// skip between them. It returns where the file may be cut unseen.
func zstdFrames(t testing.TB, text string, most int) (packed []byte, ends []int) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 3))
	for len(text) > 0 {
		packed = append(packed, "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"...)
		ends = append(ends, len(packed))
		var buf bytes.Buffer
		w, err := zstd.NewWriter(&buf)
		if err != nil {
			t.Fatal(err)
		}
		if piece := pieceOf(random, &text, most); random.IntN(2) == 0 {
			packed = w.EncodeAll(piece, packed)
		} else if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		} else if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		packed = append(packed, buf.Bytes()...)
		ends = append(ends, len(packed))
	}
	return packed, ends
}

func zstdStream(t testing.TB, text string) []byte {
	packed, _ := zstdFrames(t, text, 1<<30)
	return packed
}

// zstdWide packs with the widest window that is read, however short the text is.
func zstdWide(t testing.TB, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := zstd.NewWriter(&buf, zstd.WithWindowSize(maxWindow), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{text[:1], text[1:]} {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil { // else a short text has a short window
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestPackingsChangeNothing: the rows are those of the plain file, whatever packed it,
// whatever packed suffix its name has, and on any number of workers.
func TestPackingsChangeNothing(t *testing.T) {
	for _, length := range []int{0, 10, 3 * blockBytes} {
		text := manyRecords(length)
		want, err := readAll(strings.NewReader(text), "t.csv")
		if err != nil {
			t.Fatal(err)
		}
		frames, _ := zstdFrames(t, text, 1<<17)
		cut := len(text) / 3
		for name, data := range map[string][]byte{
			"gzip": zip(t, text), "BGZF": bgzip(t, text), "frames": frames, "stream": zstdStream(t, text),
			"wide":            zstdWide(t, text),
			"BGZF, then gzip": append(bgzip(t, text[:cut]), zip(t, text[cut:])...),
			"BGZF twice":      append(bgzip(t, text[:cut]), bgzip(t, text[cut:])...),
		} {
			for _, suffix := range Suffixes[:3] {
				for _, workers := range []int{1, 2, 5} {
					got, err := readEach(t.Context(), bytes.NewReader(data), "t"+suffix, workers)
					if diff := cmp.Diff(want, got); diff != "" || err != nil {
						t.Errorf("%d bytes, %s as %s, %d workers: %v %s", length, name, suffix, workers, err, diff)
					}
				}
			}
		}
	}
}

// TestLongFramesAreStreamed: one that is too long to be decompressed by itself, and what
// follows it.
func TestLongFramesAreStreamed(t *testing.T) {
	short, long := "a,b\n1,2\n", strings.Repeat("3,4\n", maxFrame/4+1)
	first, _ := zstdFrames(t, short, 100)
	data := slices.Concat(first, zstdStream(t, long), first)
	for _, workers := range []int{1, 3} {
		r, err := NewReader(bytes.NewReader(data), "t.csv.zst", workers)
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
		}, func(n *int, _ int64) error { rows += *n; return nil })
		r.Close()
		if want := maxFrame/4 + 4; err != nil || rows != want {
			t.Errorf("%d workers: %d rows, want %d: %v", workers, rows, want, err)
		}
	}
}

// TestDamagedPackings: every cut and every flipped byte is an error, the same on any
// number of workers, but for a cut between two frames, which cannot be seen.
func TestDamagedPackings(t *testing.T) {
	text := manyRecords(blockBytes)
	frames, ends := zstdFrames(t, text, 1<<15)
	for suffix, data := range map[string][]byte{".csv.bgz": bgzip(t, text), ".csv.zst": frames} {
		for at := 1; at < len(data); at += 1 + len(data)/60 {
			flipped := bytes.Clone(data)
			flipped[at] ^= 0x40
			checkDamage(t, suffix, fmt.Sprintf("cut at %d", at), data[:at], suffix == ".csv.zst" && slices.Contains(ends, at))
			checkDamage(t, suffix, fmt.Sprintf("flipped at %d", at), flipped, harmless(t, suffix, flipped, text))
		}
	}
	for _, end := range ends {
		checkDamage(t, ".csv.zst", fmt.Sprintf("cut at %d", end-1), frames[:end-1], false)
		checkDamage(t, ".csv.zst", fmt.Sprintf("cut at %d", end), frames[:end], true)
	}
}

// harmless says whether a flipped byte changes no text: headers and frames to skip have
// such.
func harmless(t *testing.T, suffix string, data []byte, text string) bool {
	t.Helper()
	s, err := newSource(bytes.NewReader(data), "t"+suffix, 1)
	if err != nil {
		return false
	}
	defer s.Close()
	got, err := io.ReadAll(s)
	return err == nil && string(got) == text
}

func checkDamage(t *testing.T, suffix, how string, data []byte, unseen bool) {
	t.Helper()
	_, err := readEach(t.Context(), bytes.NewReader(data), "t"+suffix, 1)
	if !unseen {
		if exit.Of(err) != exit.BadData || strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s, %s: %v", suffix, how, err)
		}
	}
	if _, again := readEach(t.Context(), bytes.NewReader(data), "t"+suffix, 3); fmt.Sprint(again) != fmt.Sprint(err) {
		t.Errorf("%s, %s: %v, on three workers %v", suffix, how, err, again)
	}
}

// TestWhatEndsAPackedFile names what is wrong with it.
func TestWhatEndsAPackedFile(t *testing.T) {
	text := manyRecords(1000)
	bgz, zst := bgzip(t, text), zstdStream(t, text)
	end := len(bgzfMember(t, nil))
	short := bgzfMember(t, []byte(canary))
	binary.LittleEndian.PutUint16(short[16:], 0) // one byte long, it says
	var window bytes.Buffer
	w, err := zstd.NewWriter(&window, zstd.WithWindowSize(2*maxWindow))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, io.LimitReader(endless("3,4\n"), 2*maxFrame)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file string
		data []byte
		want string
	}{
		"no end mark":     {"t.csv.bgz", bgz[:len(bgz)-end], fmt.Sprintf("gzip ends too early, at decompressed byte %d;", len(text))},
		"short member":    {"t.csv.bgz", short, "gzip is corrupt at decompressed byte 0"},
		"short one later": {"t.csv.bgz", append(bytes.Clone(bgz), short...), "gzip is corrupt"},
		"rubbish":         {"t.csv.bgz", append(bytes.Clone(bgz), canary+canary...), "gzip is corrupt"},
		"rubbish of zstd": {"t.csv.zst", append(bytes.Clone(zst), canary+canary...), "zstd is corrupt"},
		"cut":             {"t.csv.zst", zst[:len(zst)-1], "zstd ends too early"},
		"text":            {"t.csv.zst", []byte(text), "not a zstd file"},
		"empty":           {"t.csv.zst", nil, "the file is empty"},
		"nothing":         {"t.csv.zst", zstdStream(t, "\n"), "the file is empty"},
		"window":          {"t.csv.zst", window.Bytes(), "zstd at decompressed byte 0 needs a dictionary, or a window of more than 32 MiB"},
	} {
		_, err := readAll(bytes.NewReader(c.data), c.file)
		t.Run(name, func(t *testing.T) { checkFatal(t, err, exit.BadData, c.file, c.want) })
	}
}

// reads counts those of the file beneath.
type reads struct {
	*bytes.Reader
	n int
}

func (r *reads) Read(p []byte) (int, error) {
	r.n++
	return r.Reader.Read(p)
}

// TestAReaderMayBeClosedEarly: after Close nothing reads the file, which the caller
// may close.
func TestAReaderMayBeClosedEarly(t *testing.T) {
	text := manyRecords(20 * blockBytes)
	frames, _ := zstdFrames(t, text, 1<<17)
	for _, data := range [][]byte{zip(t, text), bgzip(t, text), frames, zstdStream(t, text)} {
		file := &reads{Reader: bytes.NewReader(data)}
		c, err := NewReader(file, "t.csv.gz", 2)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		before := file.n
		time.Sleep(50 * time.Millisecond)
		if file.n != before {
			t.Errorf("%d reads at Close, %d after it", before, file.n)
		}
	}
}

// TestLocate finds one file under any of its names.
func TestLocate(t *testing.T) {
	for _, name := range Names("hosp/x") {
		for _, other := range append(Names("hosp/x"), "hosp/x", "hosp/x.gz") {
			found, err := Locate("hosp/x", func(asked string) error {
				if asked == name || asked == other {
					return nil
				}
				return fs.ErrNotExist
			})
			two := name != other && slices.Contains(Names("hosp/x"), other)
			if two && (exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), other)) || !two && (err != nil || found != name) {
				t.Errorf("%s and %s: %s, %v", name, other, found, err)
			}
		}
	}
	if _, err := Locate("hosp/x", func(string) error { return fs.ErrPermission }); !strings.Contains(fmt.Sprint(err), fs.ErrPermission.Error()) {
		t.Error(err)
	}
}
