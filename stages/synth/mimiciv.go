// Package synth holds the stages that make synthetic data.
package synth

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

func init() { stages.RegisterJob(mimicivSpec(), newMimiciv) }

func mimicivSpec() stages.Spec {
	return stages.Spec{
		Name:    "synth.mimiciv",
		Version: 1,
		Doc: "Makes a synthetic MIMIC-IV tree (hosp, icu, note) with the real file names, columns and quirks. " +
			"Hidden factors decide outcomes and words; factors.csv.gz holds them and the true probabilities, " +
			"so the best possible AUROC is known. About one admission in four ends in death, far more than in MIMIC-IV. " +
			"With attach the tables are those of a real tree, copied as they are, and no patient is invented: every admission gets one discharge summary and radiology reports by the same grammar. " +
			"Its hidden factors are drawn, for each admission by itself, from their probability given its outcomes (death, length of stay, ventilation, diagnoses, procedures), so the notes carry the signal of the real labels. " +
			"The probabilities in factors.csv.gz are then the generator's, not the real patients': the AUROC they give is near the best possible, not exactly it. " +
			"A malformed row of the tables stops the step.",
		Out: stages.Output{Kind: mimic.KindFiles},
	}
}

// mimicivConfig configures synth.mimiciv.
type mimicivConfig struct {
	Patients              int    `json:"patients" default:"2000" min:"1" max:"1249998" unit:"patients" doc:"Number of patients; about one in twenty has no admission."`
	RadiologyPerAdmission int    `json:"radiology_per_admission" default:"2" min:"0" max:"1000" unit:"reports" doc:"Mean number of radiology reports for each admission."`
	Seed                  int64  `json:"seed" default:"1" doc:"Seed of everything; the same seed gives the same bytes."`
	Canaries              bool   `json:"canaries" default:"false" doc:"Put a canary word into a section known on admission too, to test for leaks; training data is better without."`
	Attach                string `json:"attach,omitempty" path:"core/patients.csv*,core/admissions.csv*,hosp/patients.csv*,hosp/admissions.csv*,hosp/diagnoses_icd.csv*,hosp/procedures_icd.csv*,icu/icustays.csv*,icu/procedureevents.csv*" doc:"Folder with hosp/ and icu/ (in MIMIC-IV 1.0 core/ too) of a real MIMIC-IV to write notes for; patients is then ignored."`
}

// trees makes the tree of a release.
type trees struct{ options tree.Options }

func newMimiciv(env *stages.Environment, c mimicivConfig) (stages.Job, error) {
	return trees{tree.Options{
		Release: tree.ReleaseIV, Patients: c.Patients, RadiologyPerAdmission: c.RadiologyPerAdmission, Seed: c.Seed, Canaries: c.Canaries, Attach: c.Attach,
		Workers: env.Workers, Progress: env.Progress,
	}}, nil
}

// Files implements mimic.Filing.
func (t trees) Files() mimic.Release {
	iii := t.options.Release == tree.ReleaseIII
	return mimic.Release{Database: t.options.Release, ChartEvents: iii && t.options.Attach == ""}
}

// Check looks for the tables to attach and at their headers.
func (t trees) Check(ctx context.Context, _ stages.Givers) []stages.Fault {
	return stages.FaultOf("attach", t.options.Check(ctx))
}

// Run writes the tree's files into the dataset folder.
func (t trees) Run(ctx context.Context, _ stages.Inputs, out *dataset.Writer) error {
	if err := t.options.CheckOut(out.URI()); err != nil {
		return err
	}
	_, err := tree.Write(ctx, t.options, func(name string) (store.File, error) { return out.File(name) })
	return err
}
