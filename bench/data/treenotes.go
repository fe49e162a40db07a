package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

func keepHeader(path string) error {
	return rewrite(path, func(in io.Reader, out io.Writer) error {
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
	err := rewrite(path, func(in io.Reader, out io.Writer) error {
		return withCSV(filepath.Join(filler, dischargeFile), func(more *rawcsv.Reader) error {
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
	return os.WriteFile(filepath.Join(dir, hf.ModelFile), m.Marshal(), 0o600)
}

// noteHeader is the header of discharge.
var noteHeader = []string{"note_id", "subject_id", "hadm_id", "note_type", "note_seq", "charttime", "storetime", "text"}

// joiner writes the lengthened notes.
type joiner struct {
	own, more *rawcsv.Reader
	rec, next rawcsv.Record
	at        []int // the columns in the records of both
	words     *sentencepiece.Words
	out       io.Writer
}

func joinNotes(in io.Reader, more *rawcsv.Reader, notes int, words *sentencepiece.Words, out io.Writer) error {
	own, err := rawcsv.NewReader(in, "discharge.csv", 1)
	if err != nil {
		return err
	}
	defer own.Close()
	fmt.Fprintln(out, strings.Join(noteHeader, ","))
	at, err := own.Columns(noteHeader...)
	if err != nil {
		return err
	}
	j := joiner{own: own, more: more, at: at, words: words, out: out}
	for n := range notes {
		if err := j.note(n < learnFrom); err != nil {
			return err
		}
	}
	return nil
}

// note writes one note with others behind it. The last may be short: the filler ends.
func (j *joiner) note(learn bool) error {
	if err := j.own.Read(&j.rec); err != nil {
		return err
	}
	fields := j.rec.Texts(nil, j.at)
	last := len(fields) - 1
	text := fields[last]
	for len(text) < noteBytes {
		if err := j.more.Read(&j.next); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		text += j.next.Text(j.at[last])
	}
	if learn {
		j.words.Add(text)
	}
	_, err := fmt.Fprintf(j.out, "%s,\"%s\"\n", strings.Join(fields[:last], ","), strings.ReplaceAll(text, `"`, `""`))
	return err
}

// rewrite replaces a gzipped file by what the function makes of it.
func rewrite(path string, change func(in io.Reader, out io.Writer) error) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	plain, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	out := gzip.NewWriter(file)
	if err := errors.Join(change(plain, out), out.Close(), file.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
