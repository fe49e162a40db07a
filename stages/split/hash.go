// Package split says which patients are trained on, validated on and tested on. A
// split belongs to patients: all that is known of one is on the same side. Lists that
// others published by admission can be read too; they are refused where a model is
// trained or judged, unless the configuration allows it.
package split

import (
	"context"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "split.hash",
		Version: 3,
		Doc: "Splits the patients by a hash of their subject_id: 70 per cent are for training, 10 for validation, 20 for the test. " +
			"There is one row a patient, in the patient's part. The same patient falls to the same side in every release.",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true, Tables: []string{mimic.TablePatients}, Doc: "the patients",
		}},
		Out: stages.Output{Kind: task.KindSplits, Tables: []string{task.TableSplits}},
	}, func(_ *stages.Environment, config HashConfig) (stages.Map, error) { return hash(config), nil })
}

// HashConfig is the configuration of split.hash.
type HashConfig struct {
	Seed int64 `json:"seed" default:"1" doc:"seed of the hash; another seed is another split"`
}

type hash struct{ Seed int64 }

// Attributes say how the patients were split.
func (h hash) Attributes(context.Context, stages.Inputs) (map[string]any, error) {
	return map[string]any{Attribute: h.Rule()}, nil
}

// Rule implements Ruled.
func (h hash) Rule() Rule { return Rule{Name: "hash", Seed: h.Seed} }

// Part writes the splits of a part's patients, which are ordered by subject_id.
func (h hash) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	rows, err := dataset.Rows[task.Split](out, task.TableSplits)
	if err != nil {
		return err
	}
	for p, err := range dataset.Read[patient](ctx, in.One("patients"), mimic.TablePatients, part) {
		if err != nil {
			return err
		}
		row := task.Split{SubjectID: p.SubjectID, Split: Of(p.SubjectID, h.Seed)}
		out.Count("patients."+row.Split, 1)
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// patient is what is read of a patient.
type patient struct {
	SubjectID int64 `parquet:"subject_id"`
}

// Of assigns a patient to "train" (70 %), "val" (10 %) or "test" (20 %) by
// xxhash64("split:" + seed + ":" + decimal subject_id). The salt differs from
// mimic.PartOf's: equal hashes taken by two moduli are correlated, and parts would
// then hold unequal shares of the splits.
func Of(subjectID int64, seed int64) string {
	salted := "split:" + strconv.FormatInt(seed, 10) + ":" + strconv.FormatInt(subjectID, 10)
	switch bucket := xxhash.Sum64String(salted) % 10; {
	case bucket < 7:
		return Train
	case bucket < 8:
		return Val
	default:
		return Test
	}
}
