package dataset

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/store"
)

// anyNote draws from few keys: rows of equal keys must stay in the order in which
// they were added.
func anyNote(t *rapid.T) Note {
	return Note{
		NoteID:    rapid.SampledFrom([]string{"10-DS-1", "10-DS-2"}).Draw(t, "note_id"),
		SubjectID: rapid.Int64Range(0, 3).Draw(t, "subject_id"),
		HadmID:    rapid.Int64Range(0, 1).Draw(t, "hadm_id"),
		Charttime: Time(rapid.Int64Range(-1, 0).Draw(t, "charttime")),
		Text:      rapid.StringN(0, 20, 80).Draw(t, "text"),
		Origin:    Origin{SourceRow: rapid.Int64Range(0, 1).Draw(t, "row")},
	}
}

// setMemory changes what rows may take for one test, or one round of a property.
func setMemory(bytes int64) (restore func()) {
	old := budget.bytes.Load()
	SetMemory(bytes * spillShare)
	return func() { SetMemory(old) }
}

// spill adds rows as one raw file's and returns the runs, and what was counted
// beside the rows read.
func spill(t testing.TB, dir store.Dir, parts, file int, notes []Note, rejects []Reject) ([]Run, map[string]int64) {
	t.Helper()
	s := NewSpill(dir, parts, file)
	defer s.Abort()
	for _, n := range notes {
		must(t, Add(s, TableNotes, partOf(n, parts), n, compareNotes))
	}
	for _, r := range rejects {
		must(t, s.Reject(r))
	}
	s.Count("read", int64(len(notes)+len(rejects)))
	runs, counts, err := s.Close()
	must(t, err)
	if got := counts["read"]; got != int64(len(notes)+len(rejects)) {
		t.Fatalf("the spill counts %d rows read", got)
	}
	delete(counts, "read")
	return runs, counts
}

// ingest spills two files and merges all parts. turn says how the runs arrive.
func ingest(t testing.TB, folder string, files [2][]Note, rejects []Reject, turn func([]Run)) *Dataset {
	t.Helper()
	const parts = 3
	w := writerAt(t, folder, parts)
	must(t, w.SetTables(TableNotes, TableAdmissions))
	var runs []Run
	for file, notes := range files {
		own, counts := spill(t, w.Scratch(), parts, file, notes, rejects)
		for name, n := range counts {
			w.Count(name, n)
		}
		runs = append(runs, own...)
		rejects = nil
	}
	turn(runs)
	for part := range parts {
		p := w.Part(part)
		own := slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return r.Part != part })
		must(t, MergeRuns(t.Context(), own, TableNotes, compareNotes, p))
		must(t, MergeRuns(t.Context(), own, TableQuarantine, CompareRejects, p))
		_, err := p.Close()
		must(t, err)
	}
	return commit(t, w)
}

func TestMergeEqualsAPlainSort(t *testing.T) {
	base := t.TempDir()
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		files := [2][]Note{
			rapid.SliceOfN(rapid.Custom(anyNote), 0, 20).Draw(r, "first file"),
			rapid.SliceOfN(rapid.Custom(anyNote), 0, 20).Draw(r, "second file"),
		}
		for i := range files[1] {
			files[1][i].SourceFile = 1
		}
		restore := setMemory(rapid.SampledFrom([]int64{0, 700, 1500}).Draw(r, "tiny budget"))
		tight := ingest(t, filepath.Join(base, fmt.Sprint(round, "tight")), files, nil, slices.Reverse[[]Run])
		restore()
		wide := ingest(t, filepath.Join(base, fmt.Sprint(round, "wide")), files, nil, func([]Run) {})
		if diff := cmp.Diff(wide.Manifest, tight.Manifest); diff != "" {
			r.Fatalf("the budget shows in the dataset: %s", diff)
		}
		for part := range 3 {
			want := slices.Concat(files[0], files[1])
			want = slices.DeleteFunc(want, func(n Note) bool { return partOf(n, 3) != part })
			slices.SortStableFunc(want, compareNotes)
			if diff := cmp.Diff(orNil(want), readAll[Note](t, tight, TableNotes, part)); diff != "" {
				r.Fatal(diff)
			}
		}
		must(t, os.RemoveAll(tight.URI()))
		must(t, os.RemoveAll(wide.URI()))
	})
}

func TestRejectsTravelAsRuns(t *testing.T) {
	var rejects []Reject
	for row := range int64(20) {
		reason := []string{"malformed_time", "missing_id"}[row%2]
		rejects = append(rejects, Reject{File: "hosp/admissions.csv.gz", Row: row, Offset: 10 * row, Reason: reason, SHA256: "00"})
	}
	d := ingest(t, filepath.Join(t.TempDir(), "d"), [2][]Note{}, rejects, func([]Run) {})
	var got []Reject
	for part := range d.Parts() {
		rows := readAll[Reject](t, d, TableQuarantine, part)
		if len(rows) == len(rejects) {
			t.Error("all rejects fell into one part")
		}
		got = append(got, rows...)
	}
	slices.SortFunc(got, CompareRejects)
	if diff := cmp.Diff(rejects, got); diff != "" {
		t.Fatal(diff)
	}
	want := map[string]int64{"quarantined": 20, "quarantined.malformed_time": 10, "quarantined.missing_id": 10}
	if diff := cmp.Diff(want, d.Manifest.Counts); diff != "" {
		t.Fatal(diff)
	}
}

func TestScratchIsGoneAfterCommit(t *testing.T) {
	d := ingest(t, filepath.Join(t.TempDir(), "d"), [2][]Note{{{SubjectID: 1}}}, nil, func([]Run) {})
	files, err := d.Dir().List(t.Context(), "")
	must(t, err)
	for _, f := range files {
		if f.Name != ManifestName && !strings.HasSuffix(f.Name, ".parquet") || strings.Contains(f.Name, scratchName) {
			t.Errorf("%s is left in the folder", f.Name)
		}
	}
	if len(files) != 1+2*3 {
		t.Errorf("%d files, want the manifest and 3 parts of 2 declared tables", len(files))
	}
}

func TestSpillsShareTheBudget(t *testing.T) {
	const budget, text = 1 << 20, 100 << 10 // 10 notes in all, 5 each for two
	defer setMemory(budget)()
	dir, err := store.Open(t.TempDir())
	must(t, err)
	first, second := NewSpill(dir, 2, 0), NewSpill(dir, 2, 1)
	defer first.Abort()
	add := func(s *Spill, notes, flushes int) {
		t.Helper()
		for range notes {
			must(t, Add(s, TableNotes, 0, Note{Text: strings.Repeat("x", text)}, compareNotes))
		}
		if s.flushes != flushes || s.bytes > budget {
			t.Fatalf("%d flushes and %d bytes held, want %d flushes", s.flushes, s.bytes, flushes)
		}
	}
	add(second, 5, 0)
	add(first, 5, 0)
	add(first, 1, 1)
	second.Abort()
	add(first, 10, 1)
	add(first, 1, 2)
}

func TestADamagedRunIsNeverData(t *testing.T) {
	folder := t.TempDir()
	dir, err := store.Open(folder)
	must(t, err)
	var notes []Note
	for i := range int64(50) {
		notes = append(notes, Note{NoteID: fmt.Sprint(i), SubjectID: i, Text: strings.Repeat("word ", int(i))})
	}
	runs, _ := spill(t, dir, 1, 0, notes, nil)
	path := filepath.Join(folder, runs[0].Name)
	whole, err := os.ReadFile(path)
	must(t, err)
	for cut := 0; cut < len(whole); cut += 97 {
		must(t, os.WriteFile(path, whole[:cut], 0o600))
		w := newWriter(t, 1)
		p := w.Part(0)
		checkBadData(t, MergeRuns(t.Context(), runs, TableNotes, compareNotes, p), path)
		p.Abort()
	}
	for at := 0; at < len(whole); at += 97 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 0x10
		must(t, os.WriteFile(path, flipped, 0o600))
		p := newWriter(t, 1).Part(0)
		checkBadData(t, MergeRuns(t.Context(), runs, TableNotes, compareNotes, p), path)
		p.Abort()
	}
	must(t, os.WriteFile(path, whole, 0o600))
	for _, more := range []int64{-1, 1} {
		runs[0].Rows += more
		p := newWriter(t, 1).Part(0)
		checkBadData(t, MergeRuns(t.Context(), runs, TableNotes, compareNotes, p), path)
		p.Abort()
		runs[0].Rows -= more
	}
}

func TestRowsOutOfOrderInARunAreSeen(t *testing.T) {
	dir, err := store.Open(t.TempDir())
	must(t, err)
	f, err := createRunFile(t.Context(), dir, "run", layoutOf[Note]())
	must(t, err)
	for _, subject := range []int64{2, 1} {
		must(t, f.write(unsafe.Pointer(&Note{SubjectID: subject})))
	}
	must(t, f.commit())
	p := newWriter(t, 1).Part(0)
	defer p.Abort()
	run := Run{Dir: dir.URI(), Name: "run", Table: TableNotes, Bytes: f.bytes, Rows: 2}
	checkBadData(t, MergeRuns(t.Context(), []Run{run}, TableNotes, compareNotes, p), dir.URI()+"/run")
	run.Part = 1
	if err := MergeRuns(t.Context(), []Run{run}, TableNotes, compareNotes, p); err == nil {
		t.Error("a run of another part was merged")
	}
}
