package extsort_test

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
)

// Word is a row: any struct whose fields are tagged with their columns.
type Word struct {
	Text string `parquet:"text,plain"`
}

func alphabetical(a, b Word) int { return cmp.Compare(a.Text, b.Text) }

// Two files are read into runs; the runs of one part are merged.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	w, err := dataset.NewWriter(ctx, folder, "words", 1)
	if err != nil {
		log.Fatal(err)
	}
	var runs []extsort.Run
	for file, words := range [][]string{{"note", "admission"}, {"label"}} {
		spill := extsort.NewSpill(w.Scratch(), 1, file, nil)
		for _, text := range words {
			if err := extsort.Add(spill, "words", 0, Word{text}, alphabetical); err != nil {
				log.Fatal(err)
			}
		}
		own, _, err := spill.Close()
		if err != nil {
			log.Fatal(err)
		}
		runs = append(runs, own...)
	}
	for word, err := range extsort.Merge(ctx, runs, "words", 0, alphabetical) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(word.Text)
	}
	// Output:
	// admission
	// label
	// note
}
