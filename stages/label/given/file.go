// Package given reads labels that were made elsewhere: a file of labels by admission or
// note, and files in the MEDS label schema. What is wrong with them ends the step, for
// they are the user's own to be mended, and is told by its row.
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
		Name: "label.file", Version: 3,
		Doc: "Joins labels of one's own to admissions or notes: a CSV, gzipped or not, or Parquet file with hadm_id or note_id, and label or labels. " +
			"A label is a name of the task or its number from 0, of binary tasks true or false too; labels are several, in CSV with commas between them. A multilabel file may have a row for each label instead. " +
			"Where a name would be another label's number, as 1 of the names 1 to 5, labels are told by names alone. " +
			"A row without an id or with an unknown label, and an id with two labels of a task that has one, end the step: a file of one's own can be mended. " +
			"Admissions or notes that the file does not list are counted under dropped.not_listed, its ids that are not there under listed_unknown; where none is there the step fails. " +
			"prediction_time is admittime, of a note its charttime or chartdate. The table meds has the labels in the MEDS label schema.",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true,
			Tables: []string{mimic.TableAdmissions, mimic.TableNotes}, Doc: "the admissions and notes that the labels are of",
		}},
		Out: stages.Output{Kind: task.KindLabels, Tables: []string{task.TableLabels, task.TableMEDS}},
	}, func(_ *stages.Environment, config FileConfig) (stages.Job, error) { return newFile(config) })
}

// FileConfig is the configuration of label.file.
type FileConfig struct {
	File  string   `json:"file" path:"true" doc:"the labels: .csv, .csv.gz, .csv.bgz, .csv.zst or .parquet"`
	Name  string   `json:"name" name:"true" doc:"the task's name, as metrics and reports have it"`
	Kind  string   `json:"kind" enum:"binary,multiclass,multilabel" doc:"how many labels an example has: one of two, one of several, any number"`
	By    string   `json:"by" default:"hadm_id" enum:"hadm_id,note_id" doc:"what is labelled, by the column of its ids: admissions, or notes one by one"`
	Names []string `json:"names,omitempty" doc:"the labels in order; of binary no and yes where they are left out, of multilabel all that the file has, in the order of text"`
	Texts string   `json:"texts" default:"admission" enum:"admission,any" doc:"with hadm_id: admission refuses texts of later than the admission, any takes all"`
}

// What is labelled, by the column of its ids.
const (
	byAdmission = "hadm_id"
	byNote      = "note_id"
)

// fromFile is the labels of a file.
type fromFile struct {
	config     FileConfig
	kind       task.Kind
	namesAlone bool // labels are told by their names, not by their numbers
}

func newFile(config FileConfig) (fromFile, error) {
	f := fromFile{config: config, kind: task.Kind(config.Kind)}
	if err := task.CheckNames(f.kind, config.Names); err != nil {
		return f, exit.Errorf(exit.Usage, "names: %w", err)
	}
	f.config.Names = task.NamesOf(f.kind, config.Names)
	f.namesAlone = f.clash()
	return f, nil
}

// Task implements stages.Labelling.
func (f fromFile) Task(stages.Givers) task.Task {
	t := task.Task{Name: f.config.Name, Kind: f.kind, Labels: f.config.Names}
	if f.config.By == byAdmission && f.config.Texts == "admission" {
		t.Texts.Of = task.OfAdmission
	}
	return t
}

// Check looks at the columns of the file.
func (f fromFile) Check(ctx context.Context, _ stages.Givers) []stages.Fault {
	r, err := f.open(ctx)
	if err == nil {
		r.Close()
	}
	return stages.FaultOf("file", err)
}

// Run writes the labels part by part. Those of the file are held in memory.
func (f fromFile) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	listed, err := f.read(ctx)
	if err != nil {
		return err
	}
	patients := in.One("patients")
	met, err := f.write(patients, listed.names(), out, func(t task.Task, part *dataset.PartWriter) (int, error) {
		return f.part(ctx, patients, t, listed, part)
	})
	if err == nil && met == 0 {
		err = exit.Errorf(exit.BadData, "%s: none of its %d ids is among the patients' %s; give the labels of this database", f.config.File, len(listed), f.config.By)
	}
	out.Count("listed_unknown", int64(len(listed)-met))
	return err
}

// write writes all parts, and tells how many of the labels are of what is there. names
// are those of the labels where the configuration names none.
func (f fromFile) write(patients *dataset.Dataset, names []string, out *dataset.Writer, part func(task.Task, *dataset.PartWriter) (int, error)) (met int, err error) {
	t := f.Task(nil)
	t.Release = mimic.ReleaseOf(patients).String()
	if t.Labels == nil {
		t.Labels = names
	}
	if len(t.Labels) == 0 {
		return 0, exit.Errorf(exit.BadData, "%s lists no label; give the file or folder that has them", f.config.File)
	}
	for number := range out.Parts() {
		n, err := part(t, out.Part(number))
		if err != nil {
			return met, err
		}
		met += n
	}
	return met, out.SetAttribute(task.Attribute, t)
}
