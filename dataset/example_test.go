package dataset_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
)

// Visit is a row of a table of one's own: its tags name the columns.
type Visit struct {
	SubjectID int64        `parquet:"subject_id"`
	Arrived   dataset.Time `parquet:"arrived,optional"`
	Ward      string       `parquet:"ward,optional"`
}

// A table is registered once, from an init function. Its version is raised when its
// columns change.
func init() { dataset.RegisterTable[Visit]("visits", 1) }

func byPatient(a, b Visit) int { return int(a.SubjectID - b.SubjectID) }

// folder is a folder that does not exist yet, and what removes it again.
func folder() (path string, remove func()) {
	parent, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	return filepath.Join(parent, "visits"), func() { _ = os.RemoveAll(parent) }
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A dataset is written part by part and does not exist before Commit has written its
// manifest.
func Example() {
	ctx := context.Background()
	uri, remove := folder()
	defer remove()

	w, err := dataset.NewWriter(ctx, uri, "visits", 1)
	check(err)
	part := w.Part(0)
	rows, err := dataset.Rows[Visit](part, "visits")
	check(err)
	check(rows.Write(Visit{SubjectID: 7, Ward: "surgery"}))
	check(rows.Write(Visit{SubjectID: 9}))
	_, err = part.Close()
	check(err)
	check(w.Commit(ctx, dataset.Manifest{Stage: "visits.example", StageVersion: 1}, nil))

	d, err := dataset.Open(ctx, uri)
	check(err)
	for part := range d.Parts() {
		for visit, err := range dataset.Read[Visit](ctx, d, "visits", part) {
			check(err)
			fmt.Printf("patient %d, ward %q\n", visit.SubjectID, visit.Ward)
		}
	}
	// Output:
	// patient 7, ward "surgery"
	// patient 9, ward ""
}

// A reader may name the columns that it needs and no others.
func ExampleRead() {
	ctx := context.Background()
	uri, remove := folder()
	defer remove()
	w, err := dataset.NewWriter(ctx, uri, "visits", 1)
	check(err)
	part := w.Part(0)
	check(dataset.WriteRowJSON(part, "visits", []byte(`{"subject_id": 7, "ward": "surgery"}`)))
	_, err = part.Close()
	check(err)
	check(w.Commit(ctx, dataset.Manifest{}, nil))

	d, err := dataset.Open(ctx, uri)
	check(err)
	type ward struct {
		Ward string `parquet:"ward,optional"`
	}
	for row, err := range dataset.Read[ward](ctx, d, "visits", 0) {
		check(err)
		fmt.Println(row.Ward)
	}
	// Output: surgery
}

// Rows that come in any order go through a Spill, as in the Scan of a source stage,
// and reach their part sorted.
func ExampleMergeRuns() {
	ctx := context.Background()
	uri, remove := folder()
	defer remove()
	w, err := dataset.NewWriter(ctx, uri, "visits", 1)
	check(err)

	spill := extsort.NewSpill(w.Scratch(), w.Parts(), 0, nil)
	defer spill.Abort()
	for _, subject := range []int64{9, 7, 8} {
		check(extsort.Add(spill, "visits", 0, Visit{SubjectID: subject}, byPatient))
	}
	runs, _, err := spill.Close()
	check(err)

	part := w.Part(0)
	check(dataset.MergeRuns(ctx, runs, "visits", byPatient, part))
	_, err = part.Close()
	check(err)
	check(w.Commit(ctx, dataset.Manifest{}, nil))

	d, err := dataset.Open(ctx, uri)
	check(err)
	check(dataset.Each(ctx, d, "visits", 0, func(row any) error {
		fmt.Println(row.(Visit).SubjectID)
		return nil
	}))
	// Output:
	// 7
	// 8
	// 9
}
