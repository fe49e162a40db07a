package main

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/clinflow/clinflow/internal/csvgz"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/stages/tokenize"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// loop is the path with no framework: read everything, sort each part, label and
// encode what is in memory, write the same files. It bounds nothing, checks nothing
// that the CSV reader does not, writes no manifest and reads nothing back.
type loop struct {
	out   string
	model *sentencepiece.Model

	patients   [parts][]shard.Patient
	admissions [parts][]shard.Admission
	notes      [parts][]shard.Note
}

func runLoop(tree, out string) error {
	model, err := os.ReadFile(filepath.Join(tree, tokenize.ModelFile))
	if err != nil {
		return err
	}
	l := loop{out: out}
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
	return nil
}

// The indices of the files in the tree's listing, which every row carries.
const (
	sourceDischarge  = 1
	sourceAdmissions = 5
	sourcePatients   = 6
)

// read puts every row into its part.
func (l *loop) read(tree string) error {
	return errors.Join(
		readTable(tree, dischargeFile, []string{"note_id", "subject_id", "hadm_id", "note_type", "note_seq", "charttime", "storetime", "text"}, func(f []string, row int64) {
			part := shard.PartOf(integer(f[1]), parts)
			l.notes[part] = append(l.notes[part], shard.Note{
				NoteID: f[0], SubjectID: integer(f[1]), HadmID: integer(f[2]), Category: "Discharge summary",
				NoteType: f[3], NoteSeq: int32(integer(f[4])), Charttime: moment(time.DateTime, f[5]), Storetime: moment(time.DateTime, f[6]),
				Text: f[7], Origin: shard.Origin{SourceFile: sourceDischarge, SourceRow: row},
			})
		}),
		readTable(tree, "hosp/admissions.csv.gz", []string{"subject_id", "hadm_id", "admittime", "dischtime", "deathtime", "admission_type", "discharge_location", "hospital_expire_flag"}, func(f []string, row int64) {
			part := shard.PartOf(integer(f[0]), parts)
			l.admissions[part] = append(l.admissions[part], shard.Admission{
				SubjectID: integer(f[0]), HadmID: integer(f[1]), Admittime: moment(time.DateTime, f[2]), Dischtime: moment(time.DateTime, f[3]),
				Deathtime: moment(time.DateTime, f[4]), AdmissionType: f[5], DischargeLocation: f[6], HospitalExpireFlag: int32(integer(f[7])),
				Origin: shard.Origin{SourceFile: sourceAdmissions, SourceRow: row},
			})
		}),
		readTable(tree, "hosp/patients.csv.gz", []string{"subject_id", "gender", "anchor_age", "anchor_year", "anchor_year_group", "dod"}, func(f []string, row int64) {
			part := shard.PartOf(integer(f[0]), parts)
			l.patients[part] = append(l.patients[part], shard.Patient{
				SubjectID: integer(f[0]), Gender: f[1], AnchorAge: int32(integer(f[2])), AnchorYear: int32(integer(f[3])), AnchorYearGroup: f[4],
				Dod: moment(time.DateOnly, f[5]), Origin: shard.Origin{SourceFile: sourcePatients, SourceRow: row},
			})
		}))
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
		meds[i] = shard.MEDSLabel{SubjectID: e.SubjectID, PredictionTime: e.PredictionTime, BooleanValue: e.Label == 1, IntegerValue: int64(e.Label)}
		ids := encoder.Encode([]int32{l.model.BOS()}, e.Text)
		tokens[i] = shard.Tokens{ExampleID: e.ExampleID, SubjectID: e.SubjectID, Split: e.Split, InputIDs: ids, NTokens: int32(len(ids)), Label: e.Label}
	}
	return errors.Join(
		write(l.out, shard.TablePatients, part, patientColumns, patients),
		write(l.out, shard.TableAdmissions, part, admissionColumns, admissions),
		write(l.out, shard.TableNotes, part, noteColumns, notes),
		write(l.out, shard.TableExamples, part, exampleColumns, examples),
		write(l.out, shard.TableMEDS, part, medsColumns, meds),
		write(l.out, shard.TableTokens, part, tokenColumns, tokens))
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

// readTable gives the named columns of each row, and its number.
func readTable(tree, file string, columns []string, add func(fields []string, row int64)) error {
	return withCSV(filepath.Join(tree, file), func(r *csvgz.Reader) error {
		at, err := r.Columns(columns...)
		if err != nil {
			return err
		}
		fields := make([]string, len(at))
		var rec csvgz.Record
		for {
			if err := r.Read(&rec); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			for i, column := range at {
				fields[i] = rec.Fields[column]
			}
			add(fields, rec.Row)
		}
	})
}

func withCSV(path string, read func(*csvgz.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := csvgz.NewReader(file, filepath.Base(path))
	if err != nil {
		return err
	}
	return read(r)
}

// integer is 0 for the empty field; the tree has no other that is not a number.
func integer(field string) int64 {
	n, _ := strconv.ParseInt(field, 10, 64)
	return n
}

func moment(layout, field string) shard.Time {
	if field == "" {
		return 0
	}
	t, _ := time.Parse(layout, field)
	return shard.Time(t.UnixMicro())
}
