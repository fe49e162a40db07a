package label

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "label.file", Version: 1,
		Doc: "Joins labels of one's own to admissions or notes: a CSV, gzipped or not, or Parquet file with hadm_id or note_id, and label or labels. " +
			"A label is a name of the task or its number from 0, of binary tasks true or false too; labels are several, in CSV with commas between them. A multilabel file may have a row for each label instead. " +
			"A row without an id or with an unknown label, and an id with two labels of a task that has one, end the step: a file of one's own can be mended. " +
			"Admissions or notes that the file does not list are counted under dropped.not_listed, its ids that are not there under listed_unknown; where none is there the step fails. " +
			"prediction_time is admittime, of a note its charttime or chartdate. The table meds has the labels in the MEDS label schema.",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true,
			Tables: []string{mimic.TableAdmissions, mimic.TableNotes}, Doc: "the admissions and notes that the labels are of",
		}},
		Out: stages.Output{Kind: task.KindLabels, Tables: []string{task.TableLabels, task.TableMEDS}},
	}, newFile)
}

// FileConfig is the configuration of label.file.
type FileConfig struct {
	File  string   `json:"file" path:"true" doc:"the labels: .csv, .csv.gz or .parquet"`
	Name  string   `json:"name" name:"true" doc:"the task's name, as metrics and reports have it"`
	Kind  string   `json:"kind" enum:"binary,multiclass,multilabel" doc:"how many labels an example has: one of two, one of several, any number"`
	By    string   `json:"by" default:"hadm_id" enum:"hadm_id,note_id" doc:"what is labelled, by the column of its ids: admissions, or notes one by one"`
	Names []string `json:"names,omitempty" doc:"the labels in order; of binary no and yes where they are left out, of multilabel all that the file has, in the order of text"`
	Texts string   `json:"texts" default:"admission" enum:"admission,any" doc:"with hadm_id: admission refuses texts of later than the admission, any takes all"`
}

// byNote is the column of notes' ids.
const byNote = "note_id"

// fromFile is the labels of a file.
type fromFile struct {
	env    *stages.Environment
	config FileConfig
}

func newFile(env *stages.Environment, config FileConfig) (stages.Job, error) {
	f := fromFile{env, config}
	switch n := len(config.Names); {
	case config.Kind == string(task.Binary) && n != 0 && n != 2:
		return nil, exit.Errorf(exit.Usage, "names: a binary task has two, the negative one first; here are %d", n)
	case config.Kind == string(task.Multiclass) && n < 2:
		return nil, exit.Errorf(exit.Usage, "names: a multiclass task needs those of its classes, two or more")
	}
	for i, name := range config.Names {
		if name == "" || slices.Contains(config.Names[:i], name) {
			return nil, exit.Errorf(exit.Usage, "names: %q is no name, or one that is there already", name)
		}
	}
	if config.Kind == string(task.Binary) && len(config.Names) == 0 {
		f.config.Names = []string{"no", "yes"}
	}
	return f, nil
}

// Task implements stages.Labelling.
func (f fromFile) Task(stages.Givers) task.Task {
	t := task.Task{Name: f.config.Name, Kind: task.Kind(f.config.Kind), Labels: f.config.Names}
	if f.config.By != byNote && f.config.Texts == "admission" {
		t.Texts = onAdmission
	}
	return t
}

// Check looks at the columns of the file.
func (f fromFile) Check(ctx context.Context, _ stages.Givers) []stages.Fault {
	r, err := openLabels(ctx, f.config)
	if err == nil {
		r.close()
	}
	return stages.FaultOf("file", err)
}

// Run writes the labels part by part. Those of the file are held in memory.
func (f fromFile) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	t := f.Task(nil)
	listed, err := f.read(ctx)
	if err != nil {
		return err
	}
	if t.Labels == nil {
		t.Labels = listed.names()
	}
	if t.Release = mimic.ReleaseOf(in.One("patients")).String(); len(t.Labels) == 0 {
		return exit.Errorf(exit.BadData, "%s lists no label; give the file that has them", f.config.File)
	}
	met := 0
	for part := range out.Parts() {
		n, err := f.part(ctx, in.One("patients"), t, listed, out.Part(part))
		if err != nil {
			return err
		}
		met += n
	}
	if met == 0 {
		return exit.Errorf(exit.BadData, "%s: none of its %d ids is among the patients' %s; give the labels of this database", f.config.File, len(listed), f.config.By)
	}
	out.Count("listed_unknown", int64(len(listed)-met))
	return out.SetAttribute(task.Attribute, t)
}
