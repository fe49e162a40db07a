package ingest

import (
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

func init() {
	stages.RegisterSource(stages.Spec{
		Name:    "ingest.mimiciv",
		Version: 5,
		Doc: "Reads MIMIC-IV's hosp and icu files (of version 1.0: core, hosp and icu) and MIMIC-IV-Note's note files (.csv.gz, or .csv) into parts that hold whole patients. " + docRecords +
			docVentilation + "Types of notes are words too, such as addendum. " + docDamage,
		In:  []stages.Port{portMIMIC},
		Out: stages.Output{Kind: mimic.KindPatients, Tables: outTables},
	}, newMIMICIV)
}

// MIMICIVConfig is the configuration of ingest.mimiciv.
type MIMICIVConfig struct {
	Root     string `json:"root,omitempty" path:"true" doc:"folder that holds hosp/, icu/ and, without note_root, note/"`
	NoteRoot string `json:"note_root,omitempty" path:"true" doc:"folder that holds note/; MIMIC-IV-Note is a product of its own"`
	Config
}

// mimicIV begins with the files that take longest: a file is read by one worker, and
// the longest must not begin last.
var mimicIV = database{
	stage: "ingest.mimiciv", name: mimic.MIMICIV,
	give:     "give root the folder that holds hosp/ and icu/, and note_root the one that holds note/; where there are no notes or charts say notes: false, chartevents: false",
	tables:   []rawTable{chartEvents, radiology, discharge, diagnoses, ventilationEvents, procedures, admissions, patients, icustays},
	releases: mimicIVReleases, noteReleases: noteReleases,
}

func newMIMICIV(env *stages.Environment, config MIMICIVConfig) (stages.Source, error) {
	if config.NoteRoot != "" && !config.Notes {
		return nil, exit.Errorf(exit.Usage, "note_root is given and notes is false; leave one of the two out")
	}
	return newSource(env, mimicIV, config.Config, config.Root, config.NoteRoot), nil
}
