package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// rowsOf are the rows of a part in the tests below.
func rowsOf(part int) []everyType {
	var rows []everyType
	for n := range 300 + part {
		rows = append(rows, everyType{
			A: int32(n * n), B: int64(n%3) * 1e15, C: fmt.Sprint("category ", n/50), D: strings.Repeat("ü", n%7), E: n%5 == 0,
			F: float32(n) / 8, G: float64(n%4) / 16, H: Time(n % 2), I: make([]int32, n%11), J: make([]float32, n%3),
			K: strings.Repeat("word ", n), Origin: Origin{3, int64(n + 1)},
		})
	}
	return rows
}

func TestBytesDependOnRowsAlone(t *testing.T) {
	const parts = 5
	one := newWriter(t, parts, "every_type", "other")
	for part := range parts {
		writePart(t, one, "every_type", part, rowsOf(part))
	}
	all := newWriter(t, parts, "other", "every_type")
	var wait sync.WaitGroup
	for part := range parts {
		// Each part twice: a retry may overlap the attempt it was to replace.
		for range 2 {
			wait.Go(func() { writePart(t, all, "every_type", parts-1-part, rowsOf(parts-1-part)) })
		}
	}
	wait.Wait()
	if diff := cmp.Diff(commit(t, one).Manifest, commit(t, all).Manifest); diff != "" {
		t.Fatal(diff)
	}
}

func TestDeclaredTablesAreWholeWithoutRows(t *testing.T) {
	w := newWriter(t, 2, TableNotes, TablePatients)
	must(t, w.Part(0).Reject(Reject{Reason: "lost"})) // aborted with its part
	writePart(t, w, TableNotes, 0, []Note{{SubjectID: 4}})
	p := w.Part(1)
	must(t, p.Reject(Reject{File: "f", Reason: "bad_time"}))
	_, err := p.Close()
	must(t, err)
	d := commit(t, w)
	want := map[string][]int{TableNotes: {1, 0}, TablePatients: {0, 0}, TableQuarantine: {0, 1}}
	for table, rows := range want {
		for part, n := range rows {
			if got := d.Manifest.Tables[table][part].Rows; got != int64(n) {
				t.Errorf("part %d of %s has %d rows, want %d", part, table, got, n)
			}
		}
	}
	if len(d.Manifest.Tables) != len(want) {
		t.Errorf("%d tables, want %d", len(d.Manifest.Tables), len(want))
	}
	if rows := readAll[Patient](t, d, TablePatients, 1); len(rows) != 0 {
		t.Errorf("%d rows in an empty part", len(rows))
	}
	must(t, d.Verify(t.Context()))
}

func TestPartsOfOtherProcesses(t *testing.T) {
	first := newWriter(t, 2, TableNotes)
	second, err := JoinWriter(t.Context(), first.URI(), KindPatients, 2)
	must(t, err)
	must(t, second.SetTables(TableNotes))
	writePart(t, first, TableNotes, 0, []Note{{SubjectID: 1}})
	p := second.Part(1)
	p.Count("kept", 5)
	result, err := p.Close()
	must(t, err)
	var crossed PartResult
	data, err := json.Marshal(result)
	must(t, err)
	must(t, json.Unmarshal(data, &crossed))

	if err := first.Commit(t.Context(), Manifest{}, nil); err == nil || !strings.Contains(err.Error(), "part 1 of 2 was not written") {
		t.Errorf("a dataset without its second part was committed: %v", err)
	}
	first.Count("kept", 1)
	first.SetSeed("shuffle", 3)
	first.SetKernel("avx512")
	first.SetSources([]string{"a.csv.gz"})
	header := Manifest{Counts: map[string]int64{"kept": 10, "read": 2}}
	must(t, first.Commit(t.Context(), header, []PartResult{crossed}))
	d, err := Open(t.Context(), first.URI())
	must(t, err)
	if diff := cmp.Diff(map[string]int64{"kept": 16, "read": 2}, d.Manifest.Counts); diff != "" {
		t.Error(diff)
	}
	m := d.Manifest
	if m.Seeds["shuffle"] != 3 || m.Kernel != "avx512" || len(m.Sources) != 1 || m.Kind != KindPatients {
		t.Errorf("the manifest lost what the stage recorded: %+v", m)
	}
}

// Commit forces parts to disk. Where that fails there is no dataset, and the next attempt
// trusts none of them.
func TestAPartThatIsGoneIsNotCommitted(t *testing.T) {
	w := newWriter(t, 2, TableNotes)
	w.Remember("identity")
	for part := range 2 {
		writePart(t, w, TableNotes, part, []Note{{SubjectID: 4}})
	}
	if _, ok, err := w.Finished(0); !ok || err != nil {
		t.Fatalf("a part that is whole is not known: %v", err)
	}
	must(t, w.Dir().RemoveAll(t.Context(), partName(TableNotes, 1, 2)))
	if err := w.Commit(t.Context(), Manifest{}, nil); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(fmt.Sprint(err), "part-00001-of-00002") {
		t.Errorf("error %v, want one that names the part", err)
	}
	if _, err := w.Dir().Stat(t.Context(), ManifestName); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the dataset looks whole: %v", err)
	}
	if _, ok, err := w.Finished(0); ok || err != nil {
		t.Errorf("a part is trusted that may not be on the disk: %v", err)
	}
}

func TestFilesAreRecorded(t *testing.T) {
	w := newWriter(t, 0)
	for name, text := range map[string]string{"model.safetensors": "weights", "sub/config.json": "{}"} {
		f, err := w.File(name)
		must(t, err)
		_, err = io.WriteString(f, text)
		must(t, err)
		must(t, f.Commit())
	}
	aborted, err := w.File("aborted")
	must(t, err)
	aborted.Abort()
	if _, err := w.File("../outside"); err == nil {
		t.Error("a file outside the dataset was begun")
	}
	d := commit(t, w)
	if len(d.Manifest.Files) != 2 || d.Parts() != 0 {
		t.Fatalf("%d files and %d parts, want 2 and 0", len(d.Manifest.Files), d.Parts())
	}
	path, err := d.LocalPath(t.Context(), "model.safetensors")
	must(t, err)
	data, err := os.ReadFile(path)
	must(t, err)
	if string(data) != "weights" {
		t.Errorf("the file holds %q", data)
	}
	must(t, d.Verify(t.Context()))
	must(t, os.WriteFile(path, []byte("weighty"), 0o600))
	checkBadData(t, d.Verify(t.Context()), path)
	_, err = d.OpenFile(t.Context(), "aborted")
	checkUsage(t, err, "aborted")
}

func TestNewWriterClearsOnlyItsOwn(t *testing.T) {
	w := newWriter(t, 1, TableNotes)
	writePart(t, w, TableNotes, 0, none[[]Note]())
	open := w.Part(0)
	rows, err := Rows[Note](open, TableNotes)
	must(t, err)
	must(t, rows.Write(Note{}))
	again, err := NewWriter(t.Context(), w.URI(), KindPatients, 1)
	must(t, err)
	files, err := again.Dir().List(t.Context(), "")
	must(t, err)
	if len(files) != 1 || files[0].Name != markerName {
		t.Errorf("leftovers of an unfinished attempt: %v", files)
	}
	writePart(t, again, TableNotes, 0, none[[]Note]())
	commit(t, again)
	_, err = NewWriter(t.Context(), w.URI(), KindPatients, 1)
	checkUsage(t, err, w.URI(), "complete dataset")

	foreign := t.TempDir()
	mine := filepath.Join(foreign, "thesis.tex")
	must(t, os.WriteFile(mine, nil, 0o600))
	_, err = NewWriter(t.Context(), foreign, KindPatients, 1)
	checkUsage(t, err, foreign, "not an unfinished dataset")
	if _, err := os.Stat(mine); err != nil {
		t.Error("a foreign file is gone")
	}
}

func none[T any]() (zero T) { return zero }

func TestFilesArePrivate(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	d, _ := notesDataset(t)
	must(t, filepath.WalkDir(d.URI(), func(path string, entry fs.DirEntry, err error) error {
		info, _ := entry.Info()
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
		}
		return err
	}))
}

func TestMisuseIsAnError(t *testing.T) {
	w := newWriter(t, 1, TableNotes)
	p := w.Part(0)
	rows, err := Rows[Note](p, TableNotes)
	must(t, err)
	again, err := Rows[Note](p, TableNotes)
	must(t, err)
	if again != rows {
		t.Error("a table begun twice has two writers")
	}
	errs := map[string]error{
		"another type in an open table": second(Rows[Reject](p, TableNotes)),
		"another type in a table":       second(Rows[Note](p, TableTokens)),
		"an unknown table":              second(Rows[Note](p, "unknown")),
		"a part too high":               second(Rows[Note](w.Part(1), TableNotes)),
		"an undeclarable table":         w.SetTables("unknown"),
		"a giant row":                   rows.Write(Note{Text: strings.Repeat("x", parquet.MaxRowBytes)}),
	}
	p.Abort()
	errs["a row after Abort"] = rows.Write(Note{})
	errs["a Close after Abort"] = second(p.Close())
	for name, err := range errs {
		if err == nil {
			t.Errorf("%s went unseen", name)
		}
	}
	files, err := w.Dir().List(t.Context(), "")
	must(t, err)
	if len(files) != 1 {
		t.Errorf("%d files after Abort, want the marker alone", len(files))
	}
}

// A text that is counted by mistake gets into no record and no manifest, nor into the
// error.
func TestACountsNameIsAName(t *testing.T) {
	for name, ok := range map[string]bool{"examples.clinical-frozen.mor_2": true, "": false, "zqcanary has died": false, "zqcanary\n": false, strings.Repeat("z", 201): false} {
		w := newWriter(t, 1, TableNotes)
		p := w.Part(0)
		p.Count(name, 1)
		_, err := p.Close()
		whole := newWriter(t, 0)
		whole.Count(name, 1)
		for _, err := range []error{err, whole.Commit(t.Context(), Manifest{}, nil)} {
			if (err == nil) != ok || err != nil && (strings.Contains(err.Error(), "zz") || strings.Contains(err.Error(), "canary")) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// fullDisk is a store whose files take so many bytes and no more.
type fullDisk struct {
	store.Dir
	room *int
}

type fullFile struct {
	store.File
	room *int
}

var errNoSpace = errors.New("write /data/part: no space left on device")

func (d fullDisk) Create(ctx context.Context, name string) (store.File, error) {
	f, err := d.Dir.Create(ctx, name)
	return fullFile{f, d.room}, err
}

func (f fullFile) Write(p []byte) (int, error) {
	if *f.room -= len(p); *f.room < 0 {
		return 0, errNoSpace
	}
	return f.File.Write(p)
}

func TestAFullDiskIsSaid(t *testing.T) {
	for _, room := range []int{0, 1000, 100_000, 1_500_000} {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			w := newWriter(t, 1, TableNotes)
			w.dir = fullDisk{w.dir, &room}
			p := w.Part(0)
			err := writeUntilFull(p)
			if !errors.Is(err, errNoSpace) || exit.Of(err) != exit.Failed {
				t.Errorf("exit code %d, error %v", exit.Of(err), err)
			}
			p.Abort()
			files, err := w.Dir().List(t.Context(), "")
			must(t, err)
			if len(files) != 1 {
				t.Errorf("%d files are left, want the marker alone", len(files))
			}
		})
	}
}

func writeUntilFull(p *PartWriter) error {
	rows, err := Rows[everyType](p, "every_type")
	if err != nil {
		return err
	}
	notes, _ := benchmarkNotes()
	for _, n := range notes[:1000] {
		if err := rows.Write(everyType{K: n.Text}); err != nil {
			return err
		}
	}
	_, err = p.Close()
	return err
}

func TestAnUnusableFolderIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a-file")
	must(t, os.WriteFile(file, none[[]byte](), 0o600))
	_, err := NewWriter(t.Context(), filepath.Join(file, "dataset"), KindPatients, 1)
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name %s", err, file)
	}
}

// TestStreamsInConstantMemory writes and reads 100 MB of notes; the heap must
// not grow with them.
func TestStreamsInConstantMemory(t *testing.T) {
	const notes, limit = 40_000, 24 << 20
	text := strings.Repeat("unremarkable ", 200)
	w := newWriter(t, 1, TableNotes)
	p := w.Part(0)
	rows, err := Rows[Note](p, TableNotes)
	must(t, err)
	heap := heapWatch(t, limit)
	for n := range int64(notes) {
		must(t, rows.Write(Note{SubjectID: n, Text: text}))
		heap(n)
	}
	_, err = p.Close()
	must(t, err)
	d := commit(t, w)
	n := int64(0)
	for _, err := range Read[Note](t.Context(), d, TableNotes, 0) {
		must(t, err)
		heap(n)
		n++
	}
	if n != notes {
		t.Errorf("%d rows came back", n)
	}
}

// heapWatch measures the live heap every 5,000 rows.
func heapWatch(t *testing.T, limit uint64) func(row int64) {
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	start := live()
	return func(row int64) {
		if row%5000 != 4999 {
			return
		}
		if now := live(); now > start+limit {
			t.Fatalf("%d MB live at row %d", (now-start)>>20, row)
		}
	}
}

func TestReadStopsAndTakesFewerColumns(t *testing.T) {
	d, path := notesDataset(t)
	type idOnly struct {
		SubjectID int64 `parquet:"subject_id"`
	}
	type unknown struct {
		Missing int64 `parquet:"missing"`
	}
	type maybe struct {
		Missing   int64 `parquet:"missing,optional"`
		SubjectID int64 `parquet:"subject_id"`
	}
	type wrong struct {
		SubjectID string `parquet:"subject_id"`
	}
	if rows := readAll[idOnly](t, d, TableNotes, 0); len(rows) != 40 || rows[39].SubjectID != 39 {
		t.Error("a struct of one column does not read its column")
	}
	if rows := readAll[maybe](t, d, TableNotes, 0); rows[39] != (maybe{0, 39}) {
		t.Error("an optional column that the file lacks is not zero")
	}
	_, err := readError[unknown](t, d, TableNotes)
	checkBadData(t, err, path)
	_, err = readError[wrong](t, d, TableNotes)
	checkBadData(t, err, path)
	_, err = readError[Note](t, d, TableTokens)
	checkUsage(t, err, d.URI(), TableTokens)
	for range Read[Note](t.Context(), d, TableNotes, 0) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range Read[Note](ctx, d, TableNotes, 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled read gives %v", err)
		}
	}
}

// A removal that is cut short at any moment leaves a dataset that is whole, one in the
// making, or nothing.
func TestDiscardCutShort(t *testing.T) {
	for cut := 0; ; cut++ {
		w := newWriter(t, 1, TableNotes)
		writePart(t, w, TableNotes, 0, none[[]Note]())
		commit(t, w)
		err := Discard(t.Context(), &cutDir{Dir: w.Dir(), left: cut})
		if _, opened := Open(t.Context(), w.URI()); opened != nil {
			_, err := NewWriter(t.Context(), w.URI(), KindPatients, 1)
			must(t, err)
		}
		if err == nil {
			break
		}
	}
}

// cutDir is a folder in which only some files can be removed before the process is killed.
type cutDir struct {
	store.Dir
	left int
}

func (d *cutDir) RemoveAll(ctx context.Context, name string) error {
	if d.left--; d.left < 0 {
		return errors.New("killed")
	}
	return d.Dir.RemoveAll(ctx, name)
}
