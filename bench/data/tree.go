package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/synth"
)

// The synthetic tree: every note of one tree with notes of another behind it, for
// the generator's are a third of the length of MIMIC's.
const (
	noteBytes = 10_000
	treeSeed  = 1
	fillSeed  = 2
	fillers   = 3     // notes of the other tree for each note; a fourth would be too many
	learnFrom = 2_000 // notes that the tokenizer is trained on
	vocabSize = 4_096
)

const dischargeFile = "note/discharge.csv.gz"

// emptied are the tables that the path does not need: their headers stay.
var emptied = []string{
	"hosp/diagnoses_icd.csv.gz", "hosp/procedures_icd.csv.gz", "icu/icustays.csv.gz", "icu/procedureevents.csv.gz", "note/radiology.csv.gz",
}

// makeTree writes a tree with so many discharge summaries, and a tokenizer of its
// first notes. A tree that is there is kept.
func makeTree(dir, count string) error {
	notes, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	made, filler := dir+".unfinished", dir+".filler"
	defer os.RemoveAll(filler)
	for _, t := range []struct {
		dir   string
		notes int
		seed  int64
	}{{made, notes, treeSeed}, {filler, fillers * notes, fillSeed}} {
		if err := generate(t.dir, t.notes, t.seed); err != nil {
			return err
		}
	}
	for _, name := range emptied {
		if err := keepHeader(filepath.Join(made, name)); err != nil {
			return err
		}
	}
	if err := lengthen(made, filler, notes); err != nil {
		return err
	}
	return os.Rename(made, dir)
}

// generate makes a tree of at least so many summaries: there are five for every
// four patients.
func generate(dir string, notes int, seed int64) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	out, err := store.Open(dir)
	if err != nil {
		return err
	}
	rows, err := synth.Generate(context.Background(), synth.Options{Patients: 100 + notes*5/6, Seed: seed}, out)
	if n := rows[dischargeFile]; err == nil && n < int64(notes) {
		err = fmt.Errorf("%s has %d discharge summaries, fewer than %d", dir, n, notes)
	}
	return err
}
