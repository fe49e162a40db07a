package extsort

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/store"
)

// note is a row whose text is most of it.
type note struct {
	ID      string `parquet:"id"`
	Subject int64  `parquet:"subject_id"`
	Text    string `parquet:"text,plain" phi:"true"`
}

const table = "notes"

func bySubject(a, b note) int { return cmp.Compare(a.Subject, b.Subject) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openFolder(t testing.TB) store.Dir {
	t.Helper()
	dir, err := store.Open(t.TempDir())
	must(t, err)
	return dir
}

// mergeError merges part 0 and returns the error that ends it.
func mergeError(t testing.TB, runs ...Run) error {
	t.Helper()
	for _, err := range Merge(t.Context(), runs, table, 0, bySubject) {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkBadData wants an error of exit.BadData that names the file and quotes no text.
func checkBadData(t testing.TB, err error, place string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("damage to %s went unseen", filepath.Base(place))
	case exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), place):
		t.Errorf("exit code %d, error %q; want code %d and the name %s", exit.Of(err), err, exit.BadData, place)
	case strings.Contains(err.Error(), "word"):
		t.Error("the error quotes note text")
	}
}

func TestSpillsShareTheBudget(t *testing.T) {
	const budget, text = 1 << 20, 100 << 10 // 10 notes in all, 5 each for two
	dir, memory := openFolder(t), memory.New(4*budget)
	first, second := NewSpill(dir, 2, 0, memory), NewSpill(dir, 2, 1, memory)
	defer first.Abort()
	add := func(s *Spill, notes, flushes int) {
		t.Helper()
		for range notes {
			must(t, Add(s, table, 0, note{Text: strings.Repeat("x", text)}, bySubject))
		}
		if s.flushes != flushes || s.filling.bytes > budget {
			t.Fatalf("%d flushes and %d bytes held, want %d flushes", s.flushes, s.filling.bytes, flushes)
		}
	}
	add(second, 5, 0)
	add(first, 5, 0)
	add(first, 1, 1)
	second.Abort()
	add(first, 10, 1)
	add(first, 1, 2)
}

// Runs are the same where they are written beside: a batch is half of the share then.
func TestRunsWrittenBeside(t *testing.T) {
	const share = 64 << 10
	dir := openFolder(t)
	spilled := func(file int, share int64, beside bool) (texts []string) {
		s := NewSpill(dir, 1, file, memory.New(4*share))
		if beside {
			s.Beside()
		}
		for i := range int64(500) {
			must(t, Add(s, table, 0, note{ID: fmt.Sprint(i), Subject: i * 7 % 10, Text: strings.Repeat(fmt.Sprint(i, " "), 200)}, bySubject))
		}
		runs, _, err := s.Close()
		must(t, err)
		for row, err := range Merge(t.Context(), runs, table, 0, bySubject) {
			must(t, err)
			texts = append(texts, row.Text)
		}
		if len(runs) < 10 {
			t.Fatalf("%d runs: the rows fit the memory", len(runs))
		}
		return texts
	}
	if diff := gocmp.Diff(spilled(0, share/2, false), spilled(1, share, true)); diff != "" {
		t.Error(diff)
	}
}

// What goes wrong beside ends the adding, or the Close.
func TestAFailureBesideIsTold(t *testing.T) {
	folder := t.TempDir()
	dir, err := store.Open(folder)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, table), nil, 0o600)) // where a folder is to be
	s := NewSpill(dir, 1, 0, memory.New(4<<10))
	s.Beside()
	for i := 0; err == nil && i < 100; i++ {
		err = Add(s, table, 0, note{Text: strings.Repeat("word ", 100)}, bySubject)
	}
	if err == nil || !strings.Contains(err.Error(), filepath.Join(folder, table)) || strings.Contains(err.Error(), "word") {
		t.Errorf("error %v, want one that names the folder", err)
	}
	s.Abort()
	last := NewSpill(dir, 1, 1, nil)
	last.Beside()
	must(t, Add(last, table, 0, note{Text: "word"}, bySubject))
	if _, _, err := last.Close(); err == nil {
		t.Error("a run that could not be written was closed")
	}
}

func TestADamagedRunIsNeverData(t *testing.T) {
	folder := t.TempDir()
	dir, err := store.Open(folder)
	must(t, err)
	s := NewSpill(dir, 1, 0, nil)
	for i := range int64(50) {
		must(t, Add(s, table, 0, note{ID: fmt.Sprint(i), Subject: i, Text: strings.Repeat("word ", int(i))}, bySubject))
	}
	runs, _, err := s.Close()
	must(t, err)
	path := filepath.Join(folder, runs[0].Name)
	whole, err := os.ReadFile(path)
	must(t, err)
	for cut := 0; cut < len(whole); cut += 97 {
		must(t, os.WriteFile(path, whole[:cut], 0o600))
		checkBadData(t, mergeError(t, runs...), path)
	}
	for at := 0; at < len(whole); at += 97 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 0x10
		must(t, os.WriteFile(path, flipped, 0o600))
		checkBadData(t, mergeError(t, runs...), path)
	}
	must(t, os.WriteFile(path, whole, 0o600))
	for _, more := range []int64{-1, 1} {
		runs[0].Rows += more
		checkBadData(t, mergeError(t, runs...), path)
		runs[0].Rows -= more
	}
}

func TestRowsOutOfOrderInARunAreSeen(t *testing.T) {
	dir, err := store.Open(t.TempDir())
	must(t, err)
	f, err := createRunFile(t.Context(), dir, "run")
	must(t, err)
	for _, subject := range []int64{2, 1} {
		must(t, f.write(parquet.PackerOf[note]().Append(f.head(), &note{Subject: subject})))
	}
	must(t, f.commit())
	run := Run{Dir: dir.URI(), Name: "run", Table: table, Bytes: f.bytes, Rows: 2}
	checkBadData(t, mergeError(t, run), dir.URI()+"/run")
	run.Part = 1
	if err := mergeError(t, run); err == nil {
		t.Error("a run of another part was merged")
	}
}
