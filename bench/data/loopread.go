package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/mimic"
)

// The indices of the files in the tree's listing, which every row carries.
const (
	sourceDischarge  = 1
	sourceAdmissions = 5
	sourcePatients   = 6
)

var noteTypes = map[string]string{"DS": mimic.DischargeSummary, "AD": mimic.Addendum}

// read puts every row into its part.
func (l *loop) read(tree string) error {
	return errors.Join(
		readTable(tree, dischargeFile, []string{"note_id", "subject_id", "hadm_id", "note_type", "note_seq", "charttime", "storetime", "text"}, func(f []string, row int64) {
			part := mimic.PartOf(integer(f[1]), parts)
			l.notes[part] = append(l.notes[part], mimic.Note{
				NoteID: f[0], SubjectID: integer(f[1]), HadmID: integer(f[2]), Category: mimic.CategoryDischargeSummary,
				NoteType: noteTypes[f[3]], NoteSeq: int32(integer(f[4])), Charttime: moment(time.DateTime, f[5]), Storetime: moment(time.DateTime, f[6]),
				Text: f[7], Origin: mimic.Origin{SourceFile: sourceDischarge, SourceRow: row},
			})
		}),
		readTable(tree, "hosp/admissions.csv.gz", []string{"subject_id", "hadm_id", "admittime", "dischtime", "deathtime", "admission_type", "discharge_location", "hospital_expire_flag", "edregtime", "edouttime", "admission_location", "insurance", "language", "marital_status", "race"}, func(f []string, row int64) {
			part := mimic.PartOf(integer(f[0]), parts)
			l.admissions[part] = append(l.admissions[part], mimic.Admission{
				SubjectID: integer(f[0]), HadmID: integer(f[1]), Admittime: moment(time.DateTime, f[2]), Dischtime: moment(time.DateTime, f[3]),
				Deathtime: moment(time.DateTime, f[4]), AdmissionType: f[5], DischargeLocation: f[6], HospitalExpireFlag: int32(integer(f[7])),
				Edregtime: moment(time.DateTime, f[8]), Edouttime: moment(time.DateTime, f[9]), AdmissionLocation: f[10], Insurance: f[11],
				Language: f[12], MaritalStatus: f[13], Race: f[14],
				Origin: mimic.Origin{SourceFile: sourceAdmissions, SourceRow: row},
			})
		}),
		readTable(tree, "hosp/patients.csv.gz", []string{"subject_id", "gender", "anchor_age", "anchor_year", "anchor_year_group", "dod"}, func(f []string, row int64) {
			part := mimic.PartOf(integer(f[0]), parts)
			l.patients[part] = append(l.patients[part], mimic.Patient{
				SubjectID: integer(f[0]), Gender: f[1], AnchorAge: int32(integer(f[2])), AnchorYear: int32(integer(f[3])), AnchorYearGroup: f[4],
				Dod: moment(time.DateOnly, f[5]), Origin: mimic.Origin{SourceFile: sourcePatients, SourceRow: row},
			})
		}))
}

// readTable gives the named columns of each row, and its number.
func readTable(tree, file string, columns []string, add func(fields []string, row int64)) error {
	return withCSV(filepath.Join(tree, file), func(r *rawcsv.Reader) error {
		at, err := r.Columns(columns...)
		if err != nil {
			return err
		}
		var fields []string
		var rec rawcsv.Record
		for {
			if err := r.Read(&rec); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			fields = rec.Texts(fields[:0], at)
			add(fields, rec.Row)
		}
	})
}

func withCSV(path string, read func(*rawcsv.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := rawcsv.NewReader(file, filepath.Base(path), 1)
	if err != nil {
		return err
	}
	defer r.Close()
	return read(r)
}

// integer is 0 for the empty field; the tree has no other that is not a number.
func integer(field string) int64 {
	n, _ := strconv.ParseInt(field, 10, 64)
	return n
}

func moment(layout, field string) dataset.Time {
	if field == "" {
		return 0
	}
	t, _ := time.Parse(layout, field)
	return dataset.Time(t.UnixMicro())
}
