// Package ingest reads MIMIC's raw files into patient shards.
package ingest

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/csvgz"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

func init() {
	stages.RegisterSource(stages.Spec{
		Name:    "ingest.mimiciv",
		Version: 4,
		Doc: "Reads MIMIC-IV's hosp and icu files and MIMIC-IV-Note's note files (.csv.gz, or .csv) into parts that hold whole patients. " +
			"Columns are found by name. ICD codes are written as MIMIC writes them: in capitals, without dot and blanks. A bad record (wrong number of fields, malformed id, number, time or code, broken UTF-8, a zero byte, a repeated primary key) goes to the quarantine table with file, row, byte offset in the decompressed file, reason, and sha256 of its bytes without the line end; never its text. " +
			"Of procedureevents only mechanical ventilation is kept, its items as words such as invasive_ventilation; types of notes are words too, such as addendum. A truncated or corrupt gzip file, a quote out of place, and a table that is there both as .csv.gz and as .csv stop the step.",
		In: []stages.Port{{
			Name: "mimic", Kind: mimic.KindFiles, Optional: true,
			Doc: "a synthetic tree, in place of root",
		}},
		Out: stages.Output{Kind: mimic.KindPatients, Tables: []string{
			mimic.TablePatients, mimic.TableAdmissions, mimic.TableDiagnoses, mimic.TableProcedures,
			mimic.TableICUStays, mimic.TableVentilation, mimic.TableNotes, dataset.TableQuarantine,
		}},
	}, newMIMICIV)
}

// MIMICIVConfig is the configuration of ingest.mimiciv.
type MIMICIVConfig struct {
	Root           string  `json:"root,omitempty" path:"true" doc:"folder that holds hosp/, icu/ and, without note_root, note/"`
	NoteRoot       string  `json:"note_root,omitempty" path:"true" doc:"folder that holds note/; MIMIC-IV-Note is a product of its own"`
	Shards         int     `json:"shards" default:"64" min:"1" max:"65536" doc:"number of parts that the patients are spread over"`
	MaxBadFraction float64 `json:"max_bad_fraction" default:"0.001" min:"0" max:"1" doc:"fraction of a file's records in quarantine above which the step fails"`
}

type mimicIV struct {
	env    *stages.Environment
	config MIMICIVConfig
}

func newMIMICIV(env *stages.Environment, config MIMICIVConfig) (stages.Source, error) {
	return &mimicIV{env, config}, nil
}

// mimicIVTables begins with the files that take longest: a file is read by one
// worker, and the longest must not begin last.
var mimicIVTables = []rawTable{radiology, discharge, diagnoses, ventilation, procedures, admissions, patients, icustays}

// Parts is how many parts the dataset has.
func (m *mimicIV) Parts() int { return m.config.Shards }

// MaxBadFraction bounds the fraction of a file's records in quarantine.
func (m *mimicIV) MaxBadFraction() float64 { return m.config.MaxBadFraction }

// Attributes say what release the patients are of.
func (m *mimicIV) Attributes(context.Context, stages.Inputs) (map[string]any, error) {
	return map[string]any{mimic.AttributeRelease: mimic.Release{Database: mimic.MIMICIV}}, nil
}

// Files lists the raw files. All missing ones are named in one error.
func (m *mimicIV) Files(ctx context.Context, in stages.Inputs) ([]stages.RawFile, error) {
	root, notes, err := m.roots(in)
	if err != nil {
		return nil, err
	}
	search := finder{ctx: ctx, made: in.One("mimic")}
	for _, t := range mimicIVTables {
		file, table := t.place()
		search.add(root, notes, file, table)
	}
	return search.files, search.err()
}

var (
	errTwoTrees = exit.Errorf(exit.Usage, "ingest.mimiciv has the input mimic and also root or note_root; give one of the two")
	errNoTree   = exit.Errorf(exit.Usage, "ingest.mimiciv has neither root nor the input mimic; set root to the folder that holds hosp/ and icu/")
)

// roots are the folders that hold hosp/ and icu/, and note/.
func (m *mimicIV) roots(in stages.Inputs) (root, notes store.Dir, err error) {
	mimic := in.One("mimic")
	switch {
	case mimic != nil && (m.config.Root != "" || m.config.NoteRoot != ""):
		return nil, nil, errTwoTrees
	case mimic != nil:
		return mimic.Dir(), mimic.Dir(), nil
	case m.config.Root == "":
		return nil, nil, errNoTree
	}
	if root, err = store.Open(m.config.Root); err != nil || m.config.NoteRoot == "" {
		return root, root, err
	}
	notes, err = store.Open(m.config.NoteRoot)
	return root, notes, err
}

// Scan reads one file into sorted runs.
func (m *mimicIV) Scan(ctx context.Context, file stages.RawFile, spill *extsort.Spill) error {
	t, err := tableOf(file)
	if err != nil {
		return err
	}
	r, err := open(ctx, file)
	if err != nil {
		return err
	}
	defer r.Close()
	return t.scan(ctx, file, r, m.env.Workers, spill)
}

func tableOf(file stages.RawFile) (rawTable, error) {
	i := slices.IndexFunc(mimicIVTables, func(t rawTable) bool {
		name, _ := t.place()
		return file.Name == name+csvgz.SuffixPlain || file.Name == name+csvgz.SuffixGzip
	})
	if i < 0 {
		return nil, exit.Errorf(exit.Failed, "%s is no file of MIMIC-IV", file.Name)
	}
	return mimicIVTables[i], nil
}

// Merge writes one part of every table, each table once though two files may
// feed it.
func (m *mimicIV) Merge(ctx context.Context, _ int, runs []extsort.Run, out *dataset.PartWriter) error {
	merged := map[string]bool{}
	for _, t := range mimicIVTables {
		_, name := t.place()
		if merged[name] {
			continue
		}
		merged[name] = true
		if err := t.merge(ctx, runs, out); err != nil {
			return err
		}
	}
	return dataset.MergeRuns(ctx, runs, dataset.TableQuarantine, dataset.CompareRejects, out)
}
