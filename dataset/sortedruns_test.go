package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/memory"
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

// spill adds rows as one raw file's, whose runs are written beside where its index is odd,
// and returns the runs, and what was counted
// beside the rows read.
func spill(t testing.TB, dir store.Dir, parts, file int, budget *memory.Budget, notes []Note, rejects []Reject) ([]extsort.Run, map[string]int64) {
	t.Helper()
	s := extsort.NewSpill(dir, parts, file, budget)
	defer s.Abort()
	if file%2 == 1 {
		s.Beside()
	}
	for _, n := range notes {
		must(t, extsort.Add(s, TableNotes, partOf(n, parts), n, compareNotes))
	}
	for _, r := range rejects {
		must(t, r.SpillInto(s))
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
func ingest(t testing.TB, folder string, budget *memory.Budget, files [2][]Note, rejects []Reject, turn func([]extsort.Run)) *Dataset {
	t.Helper()
	const parts = 3
	w := writerAt(t, folder, parts)
	must(t, w.SetTables(TableNotes, TableAdmissions))
	var runs []extsort.Run
	for file, notes := range files {
		own, counts := spill(t, w.Scratch(), parts, file, budget, notes, rejects)
		for name, n := range counts {
			w.Count(name, n)
		}
		runs = append(runs, own...)
		rejects = nil
	}
	turn(runs)
	for part := range parts {
		p := w.Part(part)
		own := slices.DeleteFunc(slices.Clone(runs), func(r extsort.Run) bool { return r.Part != part })
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
		tiny := memory.New(rapid.SampledFrom([]int64{0, 4 * 700, 4 * 1500}).Draw(r, "tiny budget"))
		tight := ingest(t, filepath.Join(base, fmt.Sprint(round, "tight")), tiny, files, nil, slices.Reverse[[]extsort.Run])
		wide := ingest(t, filepath.Join(base, fmt.Sprint(round, "wide")), nil, files, nil, func([]extsort.Run) {})
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
	d := ingest(t, filepath.Join(t.TempDir(), "d"), nil, [2][]Note{}, rejects, func([]extsort.Run) {})
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
	d := ingest(t, filepath.Join(t.TempDir(), "d"), nil, [2][]Note{{{SubjectID: 1}}}, nil, func([]extsort.Run) {})
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
