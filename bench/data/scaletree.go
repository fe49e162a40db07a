package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// MIMIC-IV 2.2 with MIMIC-IV-Note 2.2: rows of admissions, discharge and radiology, and
// the mean length of their texts, which with the synthetic ones is about 6 GB.
const (
	mimicAdmissions = 431_231
	mimicDischarge  = 331_793
	mimicRadiology  = 2_321_355

	dischargeBytes = 10_500
	radiologyBytes = 1_150
)

const radiologyFile = "note/radiology.csv.gz"

// scaleSize is how many rows a tree has of each file, and the bytes of its texts.
type scaleSize struct {
	Admissions int64 `json:"admissions"`
	Discharge  int64 `json:"discharge"`
	Radiology  int64 `json:"radiology"`
	TextBytes  int64 `json:"text_bytes"`
}

// sizeOf is MIMIC's shape with so many notes.
func sizeOf(notes int64) scaleSize {
	const all = mimicDischarge + mimicRadiology
	return scaleSize{Admissions: notes * mimicAdmissions / all, Discharge: notes * mimicDischarge / all, Radiology: notes - notes*mimicDischarge/all}
}

// sizeFile says of a tree what it has, and that it is whole.
const sizeFile = "size.json"

// makeScaleTree writes a tree of so many notes, and a tokenizer of some. A tree that is
// there is kept.
func makeScaleTree(dir string, notes int64) error {
	if _, err := os.Stat(filepath.Join(dir, sizeFile)); err == nil {
		return nil
	}
	size, filler := sizeOf(notes), dir+".filler"
	defer os.RemoveAll(filler)
	// There are 13 admissions for ten patients, and more notes than are kept.
	if err := generateScale(dir, int(size.Admissions)*10/13, treeSeed); err != nil {
		return err
	}
	if err := generateScale(filler, 400, fillSeed); err != nil {
		return err
	}
	if err := trainOn(filler, dir); err != nil {
		return err
	}
	var group errgroup.Group
	var bytes [2]int64
	for i, f := range []noteFile{{dischargeFile, size.Discharge, dischargeBytes}, {radiologyFile, size.Radiology, radiologyBytes}} {
		group.Go(func() (err error) {
			bytes[i], err = f.lengthen(dir, filler)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	size.TextBytes = bytes[0] + bytes[1]
	text, err := json.Marshal(size)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, sizeFile), text, 0o600)
}

func generateScale(dir string, patients int, seed int64) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	out, err := store.Open(dir)
	if err != nil {
		return err
	}
	_, err = synth.Generate(context.Background(), synth.Options{Patients: patients + 20, RadiologyPerAdmission: 6, Seed: seed}, out)
	return err
}

// trainOn leaves a tokenizer of the filler's discharge summaries in a tree.
func trainOn(filler, dir string) error {
	texts, err := noteTexts(filepath.Join(filler, dischargeFile))
	if err != nil {
		return err
	}
	words := sentencepiece.NewWords()
	for _, text := range texts {
		words.Add(text)
	}
	m, err := sentencepiece.Train(words, sentencepiece.TrainConfig{VocabSize: vocabSize, CharacterCoverage: 1, MaxPieceLength: 16})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, hf.ModelFile), m.Marshal(), 0o600)
}

func noteTexts(path string) (texts []string, err error) {
	return texts, withCSV(path, func(r *rawcsv.Reader) error {
		at, err := r.Columns("text")
		if err != nil {
			return err
		}
		var rec rawcsv.Record
		for {
			if err := r.Read(&rec); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			texts = append(texts, rec.Text(at[0]))
		}
	})
}

// noteFile is a file of notes as it is to be.
type noteFile struct {
	name        string
	notes, mean int64 // mean bytes of a text
}

// lengthen puts texts of the filler behind those of a file, and returns the bytes of all.
// It keeps the first notes alone.
func (f noteFile) lengthen(dir, filler string) (bytes int64, err error) {
	more, err := noteTexts(filepath.Join(filler, f.name))
	if err != nil {
		return 0, err
	}
	for i, text := range more {
		more[i] = strings.ReplaceAll(text, `"`, `""`)
	}
	path := filepath.Join(dir, f.name)
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	zipped, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(zipped, 1<<20)
	err = withCSV(path, func(r *rawcsv.Reader) (err error) {
		bytes, err = f.write(r, more, out)
		return err
	})
	return bytes, errors.Join(err, out.Flush(), zipped.Close(), file.Close(), os.Rename(path+".new", path))
}

func (f noteFile) write(r *rawcsv.Reader, more []string, out *bufio.Writer) (bytes int64, err error) {
	at, err := r.Columns(noteHeader...)
	if err != nil {
		return 0, err
	}
	fmt.Fprintln(out, strings.Join(noteHeader, ","))
	var rec rawcsv.Record
	next := 0
	for n := range f.notes {
		if err := r.Read(&rec); err != nil {
			return bytes, fmt.Errorf("%s has %d notes, fewer than %d: %w", f.name, n, f.notes, err)
		}
		fields := rec.Texts(nil, at)
		last := len(fields) - 1
		text := strings.ReplaceAll(fields[last], `"`, `""`)
		out.WriteString(strings.Join(fields[:last], ","))
		out.WriteString(`,"`)
		out.WriteString(text)
		// The mean is kept over all notes, so that lengths differ as the generator's do.
		for bytes += int64(len(text)); bytes < (n+1)*f.mean; next++ {
			out.WriteString(more[next%len(more)])
			bytes += int64(len(more[next%len(more)]))
		}
		if _, err := out.WriteString("\"\n"); err != nil {
			return bytes, err
		}
	}
	return bytes, nil
}
