package ingest

import (
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

func init() {
	stages.RegisterSource(stages.Spec{
		Name:    "ingest.mimiciii",
		Version: 2,
		Doc: "Reads MIMIC-III's files, which lie in one folder (ADMISSIONS.csv.gz, or in small letters), into the tables that ingest.mimiciv makes, in parts that hold whole patients. " + docRecords +
			"Rows without a code, and notes without a text, are skipped. A note's id is its ROW_ID; category and description are as they are, blanks at the end too; its type is a word such as addendum where it is a discharge summary or of radiology. " +
			docVentilation + docDamage,
		In:  []stages.Port{portMIMIC},
		Out: stages.Output{Kind: mimic.KindPatients, Tables: outTables},
	}, newMIMICIII)
}

// MIMICIIIConfig is the configuration of ingest.mimiciii.
type MIMICIIIConfig struct {
	Root string `json:"root,omitempty" path:"true" doc:"folder that holds ADMISSIONS.csv.gz and the other files"`
	Config
}

var mimicIII = database{
	stage: "ingest.mimiciii", name: mimic.MIMICIII,
	give:     "give root the folder that holds ADMISSIONS.csv.gz and the other files; where there are no notes or charts say notes: false, chartevents: false",
	tables:   []rawTable{chartEventsIII, noteEvents, ventilationIII, diagnosesIII, proceduresIII, icustaysIII, admissionsIII, patientsIII},
	releases: mimicIIIReleases,
}

func newMIMICIII(env *stages.Environment, config MIMICIIIConfig) (stages.Source, error) {
	return newSource(env, mimicIII, config.Config, config.Root, ""), nil
}
