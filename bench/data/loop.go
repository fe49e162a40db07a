package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/label/before"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/task"
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

	patients   [parts][]mimic.Patient
	admissions [parts][]mimic.Admission
	notes      [parts][]mimic.Note
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
	slices.SortStableFunc(patients, func(a, b mimic.Patient) int { return a.Key().Compare(b.Key()) })
	slices.SortStableFunc(admissions, func(a, b mimic.Admission) int { return a.Key().Compare(b.Key()) })
	slices.SortStableFunc(notes, func(a, b mimic.Note) int { return a.Key().Compare(b.Key()) })
	examples, err := l.examples(admissions, notes)
	if err != nil {
		return err
	}
	meds, tokens := make([]task.MEDSLabel, len(examples)), make([]task.Tokens, len(examples))
	for i, e := range examples {
		meds[i] = task.MEDSLabel{SubjectID: e.SubjectID, PredictionTime: e.PredictionTime, BooleanValue: e.Label == 1}
		ids := encoder.Encode([]int32{l.model.BOS()}, e.Text)
		tokens[i] = task.Tokens{ExampleID: e.ExampleID, SubjectID: e.SubjectID, Split: e.Split, InputIDs: ids, NTokens: int32(len(ids)), Label: e.Label}
	}
	return errors.Join(
		write(l, mimic.TablePatients, part, patientColumns, patients),
		write(l, mimic.TableAdmissions, part, admissionColumns, admissions),
		write(l, mimic.TableDiagnoses, part, codeColumns, nil),
		write(l, mimic.TableProcedures, part, codeColumns, nil),
		write(l, mimic.TableICUStays, part, stayColumns, nil),
		write(l, mimic.TableVentilation, part, ventilationColumns, nil),
		write(l, mimic.TableNotes, part, noteColumns, notes),
		write(l, dataset.TableQuarantine, part, rejectColumns, nil),
		write(l, task.TableExamples, part, exampleColumns, examples),
		write(l, task.TableMEDS, part, medsColumns, meds),
		write(l, task.TableTokens, part, tokenColumns, tokens))
}

// examples labels the admissions; notes are in their order.
func (l *loop) examples(admissions []mimic.Admission, notes []mimic.Note) (examples []task.Example, err error) {
	for _, a := range admissions {
		for len(notes) > 0 && cmp.Or(cmp.Compare(notes[0].SubjectID, a.SubjectID), cmp.Compare(notes[0].HadmID, a.HadmID)) < 0 {
			notes = notes[1:]
		}
		var summaries []before.Summary
		for len(notes) > 0 && notes[0].HadmID == a.HadmID && notes[0].SubjectID == a.SubjectID {
			if notes[0].NoteType != mimic.Addendum {
				n := &notes[0]
				summaries = append(summaries, before.Summary{SubjectID: n.SubjectID, HadmID: n.HadmID, NoteSeq: n.NoteSeq, Text: n.Text})
			}
			notes = notes[1:]
		}
		slices.SortStableFunc(summaries, func(a, b before.Summary) int { return cmp.Compare(a.NoteSeq, b.NoteSeq) })
		e, dropped, err := before.MortalityExample(a, summaries)
		if err != nil {
			return nil, err
		}
		if dropped == "" {
			examples = append(examples, e)
		}
	}
	return examples, nil
}
