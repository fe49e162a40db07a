package meds

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/task"
)

// version of MEDS whose schemas the files have.
const version = "0.4.1"

// description is metadata/dataset.json. It has no date, so that equal patients give
// equal bytes.
type description struct {
	Name    string   `json:"dataset_name"`
	Version string   `json:"dataset_version,omitempty"`
	ETL     string   `json:"etl_name"`
	ETLIs   string   `json:"etl_version"`
	MEDS    string   `json:"meds_version"`
	Sources []string `json:"raw_source_id_columns"`
}

// writeMetadata writes what stands beside the shards.
func writeMetadata(ctx context.Context, of mimic.Release, etl string, codes map[string]int64, splits map[int64]string, out store.Dir) error {
	name, known := mimic.Titles[of.Database]
	if !known {
		name = of.String()
	}
	text, err := json.MarshalIndent(description{name, of.Version, "clinflow", etl, version, []string{"hadm_id"}}, "", "  ")
	if err != nil {
		return err
	}
	if err := store.WriteFile(ctx, out, "metadata/dataset.json", append(text, '\n')); err != nil {
		return err
	}
	if err := writeRows(ctx, out, "metadata/codes.parquet", described(codes)); err != nil || splits == nil {
		return err
	}
	var rows []subjectSplit
	for _, subjectID := range slices.Sorted(maps.Keys(splits)) {
		rows = append(rows, subjectSplit{subjectID, splits[subjectID]})
	}
	return writeRows(ctx, out, "metadata/subject_splits.parquet", rows)
}

// code is a row of codes.parquet.
type code struct {
	Code        string `parquet:"code"`
	Description string `parquet:"description,optional"`
}

// families say what codes mean by their first words.
var families = map[string]string{
	"GENDER":             "sex",
	"MEDS_BIRTH":         "birth: its date in MIMIC-III, in MIMIC-IV the beginning of the year that the anchor gives; not told of those who are 90 or older",
	"MEDS_DEATH":         "death: its time in hospital, else the end of its day",
	"ED_REGISTRATION":    "registration in the emergency department",
	"ED_OUT":             "departure from the emergency department",
	"HOSPITAL_ADMISSION": "admission to hospital, by its type and where from",
	"HOSPITAL_DISCHARGE": "discharge from hospital, by where to",
	"DIAGNOSIS":          "diagnosis of a stay, by version of ICD and code, at discharge",
	"PROCEDURE":          "procedure of a stay, by version of ICD and code, at discharge",
	"ICU_ADMISSION":      "admission to intensive care, by unit",
	"ICU_DISCHARGE":      "discharge from intensive care, by unit",
	"NOTE":               "clinical note, by its type, when it was stored",
}

// described are the rows of codes.parquet.
func described(codes map[string]int64) (rows []code) {
	for _, name := range slices.Sorted(maps.Keys(codes)) {
		family, _, _ := strings.Cut(name, "//")
		rows = append(rows, code{name, families[family]})
	}
	return rows
}

// subjectSplit is a row of subject_splits.parquet.
type subjectSplit struct {
	SubjectID int64  `parquet:"subject_id"`
	Split     string `parquet:"split"`
}

// medsSplits are MEDS' names of the splits.
var medsSplits = map[string]string{"train": "train", "val": "tuning", "test": "held_out"}

// splitsOf are the splits of patients, by MEDS' names; nil where none are given. MEDS
// knows none of admissions.
func splitsOf(ctx context.Context, d *dataset.Dataset) (map[int64]string, error) {
	if d == nil {
		return nil, nil
	}
	if kind := d.Manifest.Kind; kind != task.KindSplits {
		return nil, exit.Errorf(exit.Usage, "%s is of kind %s; name the folder of a split step, whose kind is %s", d.URI(), kind, task.KindSplits)
	}
	of := map[int64]string{}
	for part := range d.Parts() {
		for row, err := range dataset.Read[task.Split](ctx, d, task.TableSplits, part) {
			if err != nil {
				return nil, err
			}
			name, known := medsSplits[row.Split]
			if before, told := of[row.SubjectID]; !known || told && before != name {
				return nil, exit.Errorf(exit.BadData, "%s: part %d has a split that is none of train, val and test, or a patient in two of them: MEDS splits patients", d.URI(), part)
			}
			of[row.SubjectID] = name
		}
	}
	return of, nil
}

// writeRows writes a small table.
func writeRows[R any](ctx context.Context, out store.Dir, name string, rows []R) error {
	w, err := parquet.Create[R](ctx, out, name)
	if err != nil {
		return err
	}
	defer w.Abort()
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	_, err = w.Commit()
	return err
}
