package given

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "label.meds", Version: 3,
		Doc: "Reads labels in the MEDS label schema that were made elsewhere, such as by ACES: Parquet with subject_id, prediction_time and a value. " +
			"Of a binary task that is boolean_value, of a multiclass one integer_value, a number of names from 0, or categorical_value, a name, and of a multilabel one categorical_value, a row for each label; float_value is refused. " +
			"A label belongs to the patient's admission whose time from admittime to dischtime holds prediction_time; of one that has labels of several times the first counts. " +
			"labels_read counts rows, labels_dropped.<reason> those of no admission, of several, of a later time, and of patients who are not there; admissions without a label are counted under dropped.not_listed.",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true,
			Tables: []string{mimic.TableAdmissions}, Doc: "the admissions that the labels are of",
		}},
		Out: stages.Output{Kind: task.KindLabels, Tables: []string{task.TableLabels, task.TableMEDS}},
	}, newMEDS)
}

// MEDSConfig is the configuration of label.meds.
type MEDSConfig struct {
	Labels string   `json:"labels" path:"true" doc:"the labels: a Parquet file, or a folder of them such as labels/TASK with a folder for each split"`
	Name   string   `json:"name" name:"true" doc:"the task's name, as metrics and reports have it"`
	Kind   string   `json:"kind" enum:"binary,multiclass,multilabel" doc:"how many labels an example has: one of two, one of several, any number"`
	Names  []string `json:"names,omitempty" doc:"the labels in order; of binary no and yes where they are left out, of multilabel all that the files have, in the order of text"`
	Texts  string   `json:"texts" default:"admission" enum:"admission,any" doc:"admission refuses texts of later than the admission, any takes all"`
}

// fromMEDS is labels of admissions like those of label.file, found by their times.
type fromMEDS struct{ fromFile }

func newMEDS(_ *stages.Environment, c MEDSConfig) (stages.Job, error) {
	f, err := newFile(FileConfig{File: c.Labels, Name: c.Name, Kind: c.Kind, By: byAdmission, Names: c.Names, Texts: c.Texts})
	return fromMEDS{f}, err
}

// Check looks at the columns of the files.
func (m fromMEDS) Check(ctx context.Context, _ stages.Givers) []stages.Fault {
	return stages.FaultOf("labels", m.eachFile(ctx, func(medsFile) error { return nil }))
}

// Run writes the labels part by part. Those of the files are held in memory, some 50
// bytes each.
func (m fromMEDS) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	labels, err := m.read(ctx)
	if err != nil {
		return err
	}
	patients := in.One("patients")
	met, err := m.write(patients, labels.names(), out, func(t task.Task, part *dataset.PartWriter) (int, error) {
		return m.part(ctx, patients, t, labels, part)
	})
	if err == nil && met == 0 {
		err = exit.Errorf(exit.BadData, "%s: none of its %d labels is of one of the patients; give the labels of this database", m.config.File, labels.len())
	}
	out.Count("labels_read", int64(labels.len()))
	out.Count("labels_dropped.unknown_patient", int64(labels.len()-met))
	return err
}
