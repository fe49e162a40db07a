package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// sumsFile is what the loop has of a manifest.
const sumsFile = "sums.json"

// loop is the path with no framework: read everything, sort each part, label and
// encode what is in memory, write the same files. It bounds nothing, checks nothing
// that the CSV reader does not, writes no manifest and reads nothing back.
type loop struct {
	out   string
	sums  map[string]string // sha256 by part file
	model *sentencepiece.Model

	patients   [parts][]shard.Patient
	admissions [parts][]shard.Admission
	notes      [parts][]shard.Note
}

func runLoop(tree, out string) error {
	model, err := os.ReadFile(filepath.Join(tree, hf.ModelFile))
	if err != nil {
		return err
	}
	l := loop{out: out, sums: map[string]string{}}
	if l.model, err = sentencepiece.Parse(model); err != nil {
		return err
	}
	if err := l.read(tree); err != nil {
		return err
	}
	encoder := l.model.NewEncoder()
	for part := range parts {
		if err := l.part(part, encoder); err != nil {
			return err
		}
	}
	text, err := json.Marshal(l.sums)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, sumsFile), text, 0o600)
}

// part sorts, labels, encodes and writes one part.
func (l *loop) part(part int, encoder *sentencepiece.Encoder) error {
	patients, admissions, notes := l.patients[part], l.admissions[part], l.notes[part]
	slices.SortStableFunc(patients, func(a, b shard.Patient) int { return a.Key().Compare(b.Key()) })
	slices.SortStableFunc(admissions, func(a, b shard.Admission) int { return a.Key().Compare(b.Key()) })
	slices.SortStableFunc(notes, func(a, b shard.Note) int { return a.Key().Compare(b.Key()) })
	examples, err := l.examples(admissions, notes)
	if err != nil {
		return err
	}
	meds, tokens := make([]shard.MEDSLabel, len(examples)), make([]shard.Tokens, len(examples))
	for i, e := range examples {
		meds[i] = shard.MEDSLabel{SubjectID: e.SubjectID, PredictionTime: e.PredictionTime, BooleanValue: e.Label == 1}
		ids := encoder.Encode([]int32{l.model.BOS()}, e.Text)
		tokens[i] = shard.Tokens{ExampleID: e.ExampleID, SubjectID: e.SubjectID, Split: e.Split, InputIDs: ids, NTokens: int32(len(ids)), Label: e.Label}
	}
	return errors.Join(
		write(l, shard.TablePatients, part, patientColumns, patients),
		write(l, shard.TableAdmissions, part, admissionColumns, admissions),
		write(l, shard.TableDiagnoses, part, codeColumns, nil),
		write(l, shard.TableProcedures, part, codeColumns, nil),
		write(l, shard.TableICUStays, part, stayColumns, nil),
		write(l, shard.TableVentilation, part, ventilationColumns, nil),
		write(l, shard.TableNotes, part, noteColumns, notes),
		write(l, shard.TableQuarantine, part, rejectColumns, nil),
		write(l, shard.TableExamples, part, exampleColumns, examples),
		write(l, shard.TableMEDS, part, medsColumns, meds),
		write(l, shard.TableTokens, part, tokenColumns, tokens))
}

// examples labels the admissions; notes are in their order.
func (l *loop) examples(admissions []shard.Admission, notes []shard.Note) (examples []shard.Example, err error) {
	for _, a := range admissions {
		for len(notes) > 0 && cmp.Or(cmp.Compare(notes[0].SubjectID, a.SubjectID), cmp.Compare(notes[0].HadmID, a.HadmID)) < 0 {
			notes = notes[1:]
		}
		var summaries []label.Summary
		for len(notes) > 0 && notes[0].HadmID == a.HadmID && notes[0].SubjectID == a.SubjectID {
			if notes[0].NoteType != "AD" {
				n := &notes[0]
				summaries = append(summaries, label.Summary{SubjectID: n.SubjectID, HadmID: n.HadmID, NoteSeq: n.NoteSeq, Text: n.Text})
			}
			notes = notes[1:]
		}
		slices.SortStableFunc(summaries, func(a, b label.Summary) int { return cmp.Compare(a.NoteSeq, b.NoteSeq) })
		e, dropped, err := label.MortalityExample(a, summaries)
		if err != nil {
			return nil, err
		}
		if dropped == "" {
			examples = append(examples, e)
		}
	}
	return examples, nil
}
