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
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/stages/text"
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
	written, err := l.texts(admissions, notes)
	if err != nil {
		return err
	}
	tokens := make([]task.Tokens, len(written))
	for i, row := range written {
		ids := encoder.Encode([]int32{l.model.BOS()}, row.Text)
		tokens[i] = task.Tokens{TextID: row.TextID, SubjectID: row.SubjectID, HadmID: row.HadmID, InputIDs: ids, NTokens: int32(len(ids))}
	}
	var labels []task.Label
	var meds []task.MEDSLabel
	for _, a := range admissions {
		if a.HospitalExpireFlag < 0 {
			continue
		}
		labels = append(labels, task.Label{SubjectID: a.SubjectID, HadmID: a.HadmID, PredictionTime: a.Admittime, Label: a.HospitalExpireFlag})
		meds = append(meds, task.MEDSLabel{SubjectID: a.SubjectID, PredictionTime: a.Admittime, BooleanValue: a.HospitalExpireFlag == 1})
	}
	return errors.Join(
		write(l, mimic.TablePatients, part, patientColumns, patients),
		write(l, mimic.TableAdmissions, part, admissionColumns, admissions),
		write(l, mimic.TableDiagnoses, part, codeColumns, nil),
		write(l, mimic.TableProcedures, part, codeColumns, nil),
		write(l, mimic.TableICUStays, part, stayColumns, nil),
		write(l, mimic.TableVentilation, part, ventilationColumns, nil),
		write(l, mimic.TableChartEvents, part, chartColumns, nil),
		write(l, mimic.TableNotes, part, noteColumns, notes),
		write(l, dataset.TableQuarantine, part, rejectColumns, nil),
		write(l, task.TableTexts, part, textColumns, written),
		write(l, task.TableLabels, part, labelColumns, labels),
		write(l, task.TableMEDS, part, medsColumns, meds),
		write(l, task.TableTokens, part, tokenColumns, tokens))
}

// texts are those of the admissions; notes are in their order.
func (l *loop) texts(admissions []mimic.Admission, notes []mimic.Note) (written []task.Text, err error) {
	r, err := recipe.Config{Recipe: "clinical"}.New()
	if err != nil {
		return nil, err
	}
	for _, a := range admissions {
		for len(notes) > 0 && cmp.Or(cmp.Compare(notes[0].SubjectID, a.SubjectID), cmp.Compare(notes[0].HadmID, a.HadmID)) < 0 {
			notes = notes[1:]
		}
		var summaries []text.Summary
		for len(notes) > 0 && notes[0].HadmID == a.HadmID && notes[0].SubjectID == a.SubjectID {
			if n := &notes[0]; n.NoteType != mimic.Addendum {
				summaries = append(summaries, text.Summary{SubjectID: n.SubjectID, HadmID: n.HadmID, NoteSeq: n.NoteSeq, Text: n.Text})
			}
			notes = notes[1:]
		}
		slices.SortFunc(summaries, text.InOrder)
		if row, dropped := text.Of(r, &a, summaries); dropped == "" {
			written = append(written, row)
		}
	}
	return written, nil
}
