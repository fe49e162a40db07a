package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/csvgz"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages/tokenize"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
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

func keepHeader(path string) error {
	return rewrite(path, path, func(in io.Reader, out io.Writer) error {
		header, err := csv.NewReader(in).Read()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, strings.Join(header, ","))
		return err
	})
}

// lengthen puts notes of the filler behind the first notes of the tree and drops
// the others.
func lengthen(dir, filler string, notes int) error {
	words := sentencepiece.NewWords()
	path := filepath.Join(dir, dischargeFile)
	err := rewrite(path, path, func(in io.Reader, out io.Writer) error {
		return withCSV(filepath.Join(filler, dischargeFile), func(more *csvgz.Reader) error {
			return joinNotes(in, more, notes, words, out)
		})
	})
	if err != nil {
		return err
	}
	m, err := sentencepiece.Train(words, sentencepiece.TrainConfig{VocabSize: vocabSize, CharacterCoverage: 1, MaxPieceLength: 16})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, tokenize.ModelFile), m.Marshal(), 0o600)
}

func joinNotes(in io.Reader, more *csvgz.Reader, notes int, words *sentencepiece.Words, out io.Writer) error {
	own, err := csvgz.NewReader(in, "discharge.csv")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text")
	var rec, filler csvgz.Record
	for n := range notes {
		if err := own.Read(&rec); err != nil {
			return err
		}
		last := len(rec.Fields) - 1
		text := rec.Fields[last]
		for len(text) < noteBytes {
			if err := more.Read(&filler); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
			text += filler.Fields[last]
		}
		if n < learnFrom {
			words.Add(text)
		}
		text = strings.ReplaceAll(text, `"`, `""`)
		if _, err := fmt.Fprintf(out, "%s,\"%s\"\n", strings.Join(rec.Fields[:last], ","), text); err != nil {
			return err
		}
	}
	return nil
}

// rewrite replaces a gzipped file by what the function makes of it.
func rewrite(from, to string, change func(in io.Reader, out io.Writer) error) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	plain, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(to+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	out := gzip.NewWriter(file)
	if err := errors.Join(change(plain, out), out.Close(), file.Close()); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}
