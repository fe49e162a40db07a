package rawcsv

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/textio"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"
)

// canary stands for a note's text: it must be in no error.
const canary = "zyxcanary"

type row struct {
	Fields []string
	Row    int64
	Offset int64
	Reason string
	SHA256 string
}

func readAll(r io.Reader, name string) ([]row, error) {
	c, err := NewReader(r, name, 1)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var rows []row
	var rec Record
	for {
		if err := c.Read(&rec); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
		rows = append(rows, rowOf(&rec))
	}
}

func rowOf(rec *Record) row {
	var fields []string
	for i := range rec.Len() {
		fields = append(fields, rec.Text(i))
	}
	return row{fields, rec.Row, rec.Offset, rec.Reason, rec.SHA256()}
}

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestQuirks(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want [][]string
	}{
		"line feeds in quotes":             {"a,b\n1,\"x\ny\n\"\n", [][]string{{"1", "x\ny\n"}}},
		"CRLF in quotes stays":             {"a,b\n1,\"x\r\ny\"\n", [][]string{{"1", "x\r\ny"}}},
		"lone CR in quotes stays":          {"a,b\n1,\"x\ry\r\"\n", [][]string{{"1", "x\ry\r"}}},
		"CR CR LF in quotes stays":         {"a,b\n1,\"\r\r\n\"\n", [][]string{{"1", "\r\r\n"}}},
		"CRLF after a doubled quote stays": {"a,b\n1,\"\"\"\r\n\"\"\"\n", [][]string{{"1", "\"\r\n\""}}},
		"CRLF line ends":                   {"a,b\r\n1,\"x\"\r\n2,y\r\n", [][]string{{"1", "x"}, {"2", "y"}}},
		"lone CR outside quotes":           {"a,b\nx\ry,2\n", [][]string{{"x\ry", "2"}}},
		"doubled quotes":                   {"a,b\n1,\"he said \"\"no\"\"\"\n", [][]string{{"1", "he said \"no\""}}},
		"comma in quotes":                  {"a,b\n1,\"x,y\"\n", [][]string{{"1", "x,y"}}},
		"empty fields":                     {"a,b\n,\n\"\",\"\"\n", [][]string{{"", ""}, {"", ""}}},
		"no last line end":                 {"a,b\n1,2", [][]string{{"1", "2"}}},
		"CR at the end of the file":        {"a,b\n1,\"2\"\r", [][]string{{"1", "2"}}},
		"blank lines":                      {"a,b\n\n1,2\n\r\n\n3,4\n\n", [][]string{{"1", "2"}, {"3", "4"}}},
		"byte order mark":                  {"\ufeffa,b\n1,2\n", [][]string{{"1", "2"}}},
		"quoted header":                    {"\"a\",\"b\"\n1,2\n", [][]string{{"1", "2"}}},
		"header only":                      {"a,b\n", nil},
		"leading zeros and blanks":         {"a,b\n 007, x \n", [][]string{{" 007", " x "}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{"t.csv", "t.csv.gz"} {
				data := []byte(c.text)
				if file == "t.csv.gz" {
					data = zip(t, c.text)
				}
				rows, err := readAll(iotest.OneByteReader(bytes.NewReader(data)), file)
				if err != nil {
					t.Fatal(err)
				}
				var got [][]string
				for i, r := range rows {
					if r.Reason != "" || r.Row != int64(i+1) {
						t.Errorf("row %d: reason %q", r.Row, r.Reason)
					}
					got = append(got, r.Fields)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestBadRecordsHavePlaceReasonAndHash(t *testing.T) {
	text := "\ufeffa,b\n1,ok\n" +
		"2,x,y\n" +
		"3\r\n" +
		"4,\"\xff\r\n\"\n" +
		"5,\xc3\x28\n" +
		"6,\x00\n" +
		"\n7,ok"
	rows, err := readAll(strings.NewReader(text), "t.csv")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"", ReasonFieldCount, ReasonFieldCount, ReasonInvalidUTF8, ReasonInvalidUTF8, ReasonNUL, ""}
	record := []string{"1,ok", "2,x,y", "3", "4,\"\xff\r\n\"", "5,\xc3\x28", "6,\x00", "7,ok"}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	for i, r := range rows {
		sum := sha256.Sum256([]byte(record[i]))
		expect := row{r.Fields, int64(i + 1), int64(strings.Index(text, record[i])), want[i], hex.EncodeToString(sum[:])}
		if diff := cmp.Diff(expect, r); diff != "" {
			t.Errorf("row %d: %s", i+1, diff)
		}
	}
}

func TestFatalFaultsNameThePlaceAndNoContent(t *testing.T) {
	sound := "a,b\n1,\"" + canary + "\"\n"
	second, end := fmt.Sprintf("row 2 at byte %d", len(sound)), fmt.Sprintf("at decompressed byte %d", len(sound))
	long := "a,b\n1,\"" + strings.Repeat(canary+" ", maxRecord/8)
	wide := strings.Repeat(",", 3*maxFields)
	for name, c := range map[string]struct {
		data []byte
		file string
		code exit.Code
		want string
	}{
		"quote left open":         {[]byte(sound + "2,\"" + canary + "\n3,x\n"), "t.csv", exit.BadData, second},
		"quote left open, long":   {[]byte(long), "t.csv", exit.BadData, "row 1 at byte 4: the record is longer"},
		"blank lines without end": {[]byte(sound + strings.Repeat("\n", maxRecord+2*blockBytes)), "t.csv", exit.BadData, "row 2 at byte"},
		"fields without end":      {[]byte(sound + wide + canary + "\n"), "t.csv", exit.BadData, second + ": the record has more than 65536 fields"},
		"columns without end":     {[]byte(canary + wide), "t.csv", exit.BadData, "row 0 at byte 0: the record has more than"},
		"bare quote":              {[]byte(sound + "2," + canary + "\"\n"), "t.csv", exit.BadData, second},
		"text after a quote":      {[]byte(sound + "2,\"\"" + canary + "\n"), "t.csv", exit.BadData, second},
		"quote in the header":     {[]byte("a,b" + canary + "\"\n"), "t.csv", exit.BadData, "row 0 at byte 0"},
		"empty":                   {nil, "t.csv", exit.BadData, "empty"},
		"empty gzip file":         {nil, "t.csv.gz", exit.BadData, "empty"},
		"gzip of nothing":         {zip(t, ""), "t.csv.gz", exit.BadData, "empty"},
		"not gzip":                {[]byte(sound), "t.csv.gz", exit.BadData, "not a gzip file"},
		"web page for gzip":       {[]byte("<!DOCTYPE html>"), "t.csv.gz", exit.BadData, "web page"},
		"pointer for gzip":        {[]byte("version https://git-lfs.github.com/spec/v1\n"), "t.csv.gz", exit.BadData, "Git LFS pointer"},
		"zip for gzip":            {[]byte("PK\x03\x04"), "t.csv.gz", exit.BadData, "zip archive"},
		"rubbish after gzip":      {append(zip(t, sound), canary+canary...), "t.csv.gz", exit.BadData, "corrupt " + end},
		"disk failure":            {nil, "broken.csv", exit.Failed, "read " + end},
	} {
		t.Run(name, func(t *testing.T) {
			var r io.Reader = bytes.NewReader(c.data)
			if c.file == "broken.csv" {
				r = io.MultiReader(strings.NewReader(sound), iotest.ErrReader(errors.New("input/output error")))
			}
			_, err := readAll(r, "hosp/"+c.file)
			checkFatal(t, err, c.code, "hosp/"+c.file, c.want)
		})
	}
}

// Blank lines between records are no fault, be they more than a block has.
func TestManyBlankLinesAreNoFault(t *testing.T) {
	text := "a,b\n1,2\n" + strings.Repeat("\r\n\n", blockBytes) + "3,4\n" + strings.Repeat("\n", 2*blockBytes)
	for _, workers := range []int{1, 2} {
		rows, err := readEach(t.Context(), strings.NewReader(text), "t.csv", workers)
		if want := int64(8 + 3*blockBytes); err != nil || len(rows) != 2 || rows[1].Offset != want || rows[1].Row != 2 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	}
}

// Commas are counted by record and outside quotes: neither many records nor a
// note of commas are taken for one record without end.
func TestManyCommasAreNoFault(t *testing.T) {
	wide := strings.Repeat(",", maxFields)
	text := "a,b\n" + strings.Repeat("1,2\n", 4*maxFields) + "3,\"" + strings.Repeat(wide, 4) + "\"\n" + wide + "\n4,5\n"
	rows, err := readAll(strings.NewReader(text), "t.csv")
	if err != nil {
		t.Fatal(err)
	}
	if n := 4*maxFields + 3; len(rows) != n || rows[n-2].Reason != ReasonFieldCount || rows[n-1].Fields[1] != "5" {
		t.Errorf("%d rows", len(rows))
	}
}

func checkFatal(t *testing.T, err error, code exit.Code, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if exit.Of(err) != code {
		t.Errorf("code %d, want %d", exit.Of(err), code)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not name %q", err, word)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("%q holds the file's text", err)
	}
}

// A connection that is closed again and again ends no file, though its error wraps io.EOF:
// what came may not be taken for the whole.
func TestAnErrorThatWrapsEOFIsNoEnd(t *testing.T) {
	text := "a,b\n1,2\n"
	frames, _ := zstdFrames(t, text, 100)
	for file, data := range map[string][]byte{"t.csv": []byte(text), "t.csv.gz": zip(t, text), "t.csv.bgz": bgzip(t, text), "t.csv.zst": frames} {
		for _, workers := range []int{1, 2} {
			cut := iotest.ErrReader(fmt.Errorf("read the file: %w", io.EOF))
			_, err := readEach(t.Context(), io.MultiReader(bytes.NewReader(data), cut), file, workers)
			checkFatal(t, err, exit.Failed, file, "read at decompressed byte")
			if errors.Is(err, io.EOF) {
				t.Errorf("%s: %v is an end to who reads on", file, err)
			}
		}
	}
	c, err := NewReader(strings.NewReader(text), "t.csv", 1)
	if err != nil {
		t.Fatal(err)
	}
	err = Each(t.Context(), c, func(*Block, *int) error { return nil }, func(*int, int64) error { return fmt.Errorf("write the rows: %w", io.EOF) })
	if err == nil {
		t.Error("rows that could not be taken are no error")
	}
}

// Every cut of a gzip file is an error, never a shorter table.
func TestTruncatedGzip(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,b\n")
	for i := range 300 {
		fmt.Fprintf(&text, "%d,\"%s %x\r\n\"\n", i, canary, sha256.Sum256([]byte{byte(i)}))
	}
	whole := zip(t, text.String())
	for cut := 1; cut < len(whole); cut += 1 + len(whole)/200 {
		_, err := readAll(bytes.NewReader(whole[:cut]), "t.csv.gz")
		checkFatal(t, err, exit.BadData, "t.csv.gz")
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 0x40
	_, err := readAll(bytes.NewReader(flipped), "t.csv.gz")
	checkFatal(t, err, exit.BadData, "t.csv.gz")
}

func TestGzipOfSeveralMembers(t *testing.T) {
	data := append(zip(t, "a,b\n1,\"x\r"), zip(t, "\ny\"\n2,z\n")...)
	rows, err := readAll(bytes.NewReader(data), "t.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Fields[1] != "x\r\ny" || rows[1].Offset != 13 {
		t.Errorf("%d rows, %+v", len(rows), rows)
	}
}

func TestColumns(t *testing.T) {
	header := "Subject_ID, HADM_ID ,charttim,text,text,storetime\n"
	for name, c := range map[string]struct {
		columns []string
		at      []int
		words   []string
	}{
		"any case, any order": {columns: []string{"hadm_id", "subject_id"}, at: []int{1, 0}},
		"misspelt":            {columns: []string{"subject_id", "charttime", "note_seq"}, words: []string{"charttime is missing (is it charttim?)", "note_seq is missing"}},
		"repeated":            {columns: []string{"subject_id", "text"}, words: []string{"text stands twice"}},
	} {
		t.Run(name, func(t *testing.T) {
			c2, err := NewReader(strings.NewReader(header), "note/x.csv", 1)
			if err != nil {
				t.Fatal(err)
			}
			at, err := c2.Columns(c.columns...)
			if c.words != nil {
				checkFatal(t, err, exit.BadData, append(c.words, "note/x.csv")...)
			} else if diff := cmp.Diff(c.at, at); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

// A file without its header has data where the names should be.
func TestDataInPlaceOfAHeaderIsNotShown(t *testing.T) {
	for _, first := range []string{"10001,\"" + canary + "\"\n", canary + "\t" + canary + "\n", canary + "a,b\n"} {
		c, err := NewReader(strings.NewReader(first), "t.csv", 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Columns("subject_id", canary+"b")
		if err == nil || strings.Contains(err.Error(), canary+"a") || strings.Contains(err.Error(), "10001") {
			t.Errorf("%v", err)
		}
	}
}

// Whatever fields a writer of RFC 4180 writes come back byte for byte, at the
// offsets where they stand.
func TestFieldsComeBackAsWritten(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "é", " ", ",", "\"", "\r", "\n", "\r\n", "___", ":", "\n \n"})
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 4).Draw(t, "width")
		table := rapid.SliceOfN(rapid.SliceOfN(rapid.SliceOfN(piece, 0, 8), width, width), 0, 12).Draw(t, "table")
		text := strings.Repeat("h,", width-1) + "h\n"
		var want []row
		for i, pieces := range table {
			var fields, written []string
			for _, p := range pieces {
				field := strings.Join(p, "")
				fields = append(fields, field)
				if strings.ContainsAny(field, ",\"\r\n") || rapid.Bool().Draw(t, "quote") {
					field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
				}
				written = append(written, field)
			}
			record := strings.Join(written, ",")
			sum := sha256.Sum256([]byte(record))
			want = append(want, row{fields, int64(i + 1), int64(len(text)), "", hex.EncodeToString(sum[:])})
			text += record + rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "end")
		}
		got, err := readAll(strings.NewReader(text), "t.csv")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzReader compares with encoding/csv, which differs in one thing: it makes
// "\r\n" inside quotes "\n". Sound and unsound files must be told apart alike.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,\"x\r\ny\"\n", "a,b\r\n\"1\"\"\",2\r\n", "\ufeffa\n\"\r\r\n\"", "a,b\n\"x", "a\"b\n", "a\n\xff\n\"\xff\r\n\"", "a\n\n\r\n\x00", "\"\r", "a\n\"\"\r", "0\n\r\r", "0\n\r\r\n1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readAll(bytes.NewReader(data), "t.csv")
		peer := csv.NewReader(bytes.NewReader(textio.WithoutMark(data)))
		peer.FieldsPerRecord = -1
		want, peerErr := peer.ReadAll()
		if len(want) == 0 && peerErr == nil {
			peerErr = io.EOF // no header
		}
		if (err == nil) != (peerErr == nil) {
			t.Fatalf("error %v, encoding/csv has %v", err, peerErr)
		}
		if err != nil {
			return
		}
		if len(got) != len(want)-1 {
			t.Fatalf("%d rows, encoding/csv has %d", len(got), len(want)-1)
		}
		for i, r := range got {
			comparePeer(t, r, want[i+1], data)
		}
	})
}

// Where a file is cut into blocks changes no record.
func TestManyBlocksAreReadAsEncodingCSVReadsThem(t *testing.T) {
	text := manyRecords(20 * blockBytes)
	peer := csv.NewReader(strings.NewReader(text))
	peer.FieldsPerRecord = -1
	want, peerErr := peer.ReadAll()
	got, err := readAll(strings.NewReader(text), "t.csv")
	if err != nil || peerErr != nil || len(got) != len(want)-1 {
		t.Fatalf("%d rows, %v; encoding/csv has %d, %v", len(got), err, len(want)-1, peerErr)
	}
	for i, r := range got {
		comparePeer(t, r, want[i+1], []byte(text))
		if r.Row != int64(i+1) || !strings.HasPrefix(text[r.Offset:], r.Fields[0]+",") || text[r.Offset-1] != '\n' {
			t.Fatalf("row %d is not at byte %d", i+1, r.Offset)
		}
	}
}

func comparePeer(t *testing.T, got row, want []string, data []byte) {
	if got.Offset >= int64(len(data)) {
		t.Fatalf("row %d at byte %d of %d", got.Row, got.Offset, len(data))
	}
	if got.Reason == ReasonInvalidUTF8 {
		return
	}
	fields := slices.Clone(got.Fields)
	for i := range fields {
		fields[i] = strings.ReplaceAll(fields[i], "\r\n", "\n")
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Fatalf("row %d: %s", got.Row, diff)
	}
}
