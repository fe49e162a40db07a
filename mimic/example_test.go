package mimic_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// patients is a dataset such as an ingest stage makes, of one patient and two parts.
func patients(ctx context.Context, folder string) *dataset.Dataset {
	w, err := dataset.NewWriter(ctx, filepath.Join(folder, "patients"), mimic.KindPatients, 2)
	check(err)
	check(w.SetTables(mimic.TablePatients))
	for number := range w.Parts() {
		part := w.Part(number)
		if number == mimic.PartOf(10000032, w.Parts()) {
			rows, err := dataset.Rows[mimic.Patient](part, mimic.TablePatients)
			check(err)
			check(rows.Write(mimic.Patient{SubjectID: 10000032, Gender: "F", AnchorAge: 52, AnchorYear: 2180}))
		}
		_, err := part.Close()
		check(err)
	}
	check(w.Commit(ctx, dataset.Manifest{}, nil))
	d, err := dataset.Open(ctx, w.URI())
	check(err)
	return d
}

// A patient's rows of all tables lie in one part, so that one part is read to know
// all of a patient.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(folder)
	d := patients(ctx, folder)

	part := mimic.PartOf(10000032, d.Parts())
	for row, err := range dataset.Read[mimic.Patient](ctx, d, mimic.TablePatients, part) {
		check(err)
		fmt.Printf("%d: %s, %d years old in %d\n", row.SubjectID, row.Gender, row.AnchorAge, row.AnchorYear)
	}
	// Output: 10000032: F, 52 years old in 2180
}

func ExamplePartOf() {
	fmt.Println(mimic.PartOf(10000032, 64))
	// Output: 35
}
