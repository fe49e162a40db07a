// Package ingest reads MIMIC's raw files into patient shards.
package ingest

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// What the stages of this package say alike.
const (
	docRecords     = "Columns are found by name. ICD codes are written as MIMIC writes them: in capitals, without dot and blanks. A bad record (wrong number of fields, malformed id, number, time or code, broken UTF-8, a zero byte, a repeated primary key) goes to the quarantine table with file, row, byte offset in the decompressed file, reason, and sha256 of its bytes without the line end; never its text. "
	docVentilation = "Of procedureevents only mechanical ventilation is kept, its items as words such as invasive_ventilation, and of chartevents, where they are asked for, what ventilation is known by. "
	docDamage      = "Files may also be packed again as .csv.bgz, by bgzip, or .csv.zst, by pzstd: all workers decompress such a file together. A truncated or corrupt file, a quote out of place, and a table that is there under two of these names stop the step. " +
		"At the end the rows of each file are told beside those of the release that they are of, which is known by its rows and columns and named in the manifest."
)

var portMIMIC = stages.Port{
	Name: "mimic", Kind: mimic.KindFiles, Optional: true,
	Doc: "a synthetic tree, in place of root",
}

var outTables = []string{
	mimic.TablePatients, mimic.TableAdmissions, mimic.TableDiagnoses, mimic.TableProcedures,
	mimic.TableICUStays, mimic.TableVentilation, mimic.TableChartEvents, mimic.TableNotes, dataset.TableQuarantine,
}

// Config is what the configurations of the stages have in common.
type Config struct {
	Notes          bool    `json:"notes" default:"true" doc:"whether the notes are read; false for a release without them, such as MIMIC-IV's demo"`
	ChartEvents    bool    `json:"chartevents" default:"false" doc:"whether chartevents is read, in one pass, for the items that ventilation is known by; a large file"`
	Shards         int     `json:"shards" default:"64" min:"1" max:"65536" doc:"number of parts that the patients are spread over"`
	MaxBadFraction float64 `json:"max_bad_fraction" default:"0.001" min:"0" max:"1" doc:"fraction of a file's records in quarantine above which the step fails"`
}

// database is one of MIMIC's, as its files lie.
type database struct {
	stage        string // that reads it
	name         string // mimic.MIMICIII or mimic.MIMICIV
	give         string // what to do where files are missing
	tables       []rawTable
	releases     []release
	noteReleases []release // of notes that are a product of their own
}

// source reads the files of a database.
type source struct {
	env            *stages.Environment
	database       database
	config         Config
	root, noteRoot string // as they were given
	tables         []rawTable
}

func newSource(env *stages.Environment, d database, config Config, root, noteRoot string) *source {
	tables := slices.DeleteFunc(slices.Clone(d.tables), func(t rawTable) bool { return !config.asksFor(t.place().table) })
	return &source{env, d, config, root, noteRoot, tables}
}

// asksFor says whether a table is read.
func (c Config) asksFor(table string) bool {
	switch table {
	case mimic.TableNotes:
		return c.Notes
	case mimic.TableChartEvents:
		return c.ChartEvents
	}
	return true
}

// ReadsChartEvents implements mimic.Charting.
func (s *source) ReadsChartEvents() bool { return s.config.ChartEvents }

// Parts is how many parts the dataset has.
func (s *source) Parts() int { return s.config.Shards }

// MaxBadFraction bounds the fraction of a file's records in quarantine.
func (s *source) MaxBadFraction() float64 { return s.config.MaxBadFraction }

// Files lists the raw files. All missing ones are named in one error.
func (s *source) Files(ctx context.Context, in stages.Inputs) ([]stages.RawFile, error) {
	root, notes, err := s.roots(in)
	if err != nil {
		return nil, err
	}
	search := finder{ctx: ctx, made: in.One("mimic")}
	for _, t := range s.tables {
		search.add(root, notes, t.place())
	}
	return search.files, search.err(s.database.give)
}

// Scan reads one file into sorted runs.
func (s *source) Scan(ctx context.Context, file stages.RawFile, spill *extsort.Spill) error {
	t, err := s.tableOf(file)
	if err != nil {
		return err
	}
	r, err := open(ctx, file)
	if err != nil {
		return err
	}
	defer r.Close()
	return t.scan(ctx, file, r, s.env.Workers, spill)
}

func (s *source) tableOf(file stages.RawFile) (rawTable, error) {
	i := slices.IndexFunc(s.tables, func(t rawTable) bool { return t.place().names(file.Name) })
	if i < 0 {
		return nil, exit.Errorf(exit.Failed, "%s is no file that %s reads", file.Name, s.database.stage)
	}
	return s.tables[i], nil
}

// Merge writes one part of every table, each table once though two files may
// feed it.
func (s *source) Merge(ctx context.Context, _ int, runs []extsort.Run, out *dataset.PartWriter) error {
	merged := map[string]bool{}
	for _, t := range s.tables {
		name := t.place().table
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
