package train

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/trainer"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "train.predict", Version: 6,
		Doc: "Computes a fine-tuned model's logits for the examples of the chosen splits. The labels must be of the task that the adapter was trained for. Parts and rows stand as in the tokens. Val and test patients that the base or an adapter was trained on are refused; one without a record of its patients is counted in the manifest as unknown_training_patients. An adapter of another base than this is refused, known by the base's files (base_model.sha256); one without that record is counted as unknown_base_model. An adapter without files, as registry.current leaves where none is current, makes no predictions.",
		In: []stages.Port{
			examples.TokensPort,
			examples.LabelsPort,
			split.Port,
			{Name: "base", Kind: stages.KindModel, Optional: true, Doc: "The base model, where it is not given by path."},
			{Name: "adapter", Kind: stages.KindAdapter, Doc: "What train.finetune left."},
		},
		Out: stages.Output{Kind: task.KindPredictions, Tables: []string{task.TablePredictions}},
	}, newPredict)
}

// PredictConfig configures train.predict.
type PredictConfig struct {
	BaseModel
	Variant string `json:"variant,omitempty" name:"true" doc:"Name of the variant of training in the predictions, such as lora. Left out, it is the adapter's, which its manifest tells."`
	Predicted
	split.Overlap
	BatchSize int `json:"batch_size" default:"32" unit:"documents" min:"1" doc:"Documents in a batch."`
}

type predict struct {
	onDevice
	config PredictConfig
}

func newPredict(env *stages.Environment, c PredictConfig) (stages.Job, error) {
	return &predict{onDevice{env}, c}, c.check()
}

// task is the labels' task, which must be that of the adapter where its manifest
// tells one.
func (p *predict) task(ctx context.Context, in stages.Inputs) (task.Task, error) {
	of, err := examples.TaskOf(ctx, in)
	if err != nil {
		return of, err
	}
	trained, told, err := task.Of(in.One("adapter"))
	if err == nil && told && !of.Same(trained) {
		return of, exit.Errorf(exit.Usage, "adapter: %s was trained for %s of %d labels, the labels are of %s of %d; give labels of the same task and list, numbered alike", in.One("adapter").URI(), trained, trained.NumLabels(), of, of.NumLabels())
	}
	return of, err
}

// variant is the name of the adapter's variant.
func (p *predict) variant(in stages.Inputs) (string, error) {
	if p.config.Variant != "" {
		return p.config.Variant, nil
	}
	name, err := task.VariantOf(in.One("adapter"))
	if err == nil && name == "" {
		return "", exit.Errorf(exit.Usage, "variant: is missing, and the manifest of %s tells none; name the variant", in.One("adapter").URI())
	}
	return name, err
}

// Attributes implements stages.Attributed.
func (p *predict) Attributes(ctx context.Context, in stages.Inputs) (map[string]any, error) {
	return examples.Attributes(p.task(ctx, in))
}

// Run implements stages.Job. All chosen rows are held in memory, 4 bytes a
// token, and go through the model in the order of their ids, so that the number
// of parts does not show in the logits. These lie on disk until their part is written.
func (p *predict) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	of, err := p.task(ctx, in)
	if err != nil {
		return err
	}
	if len(in.One("adapter").Manifest.Files) == 0 { // registry.current found none to compare with
		return nothing(out)
	}
	variant, err := p.variant(in)
	if err != nil {
		return err
	}
	rows, err := p.rows(ctx, in, out)
	if err != nil {
		return err
	}
	return p.onBase(ctx, in, p.config.Base, func(m *model.Model, _ string) error {
		if err := addAdapters(ctx, m, in); err != nil {
			return err
		}
		logits, err := trainer.Forward(ctx, p.env, "train.predict "+variant, m, p.config.BatchSize, out.Scratch(), trainer.Pooled(rows, m), m.ClassLogits)
		if err != nil {
			return err
		}
		defer logits.Close()
		if len(rows) > 0 && logits.Cols() != of.NumLabels() {
			return exit.Errorf(exit.Usage, "adapter: its head has %d outputs, the labels are of %s with %d; give labels of the task that it was trained for", logits.Cols(), of, of.NumLabels())
		}
		out.SetKernel(m.Params().Backend().Name())
		return p.config.write(ctx, examples.SourceOf(in, p.config.Overlap), of.Name, variant, theirs(rows, logits), out)
	})
}

// nothing leaves parts without predictions.
func nothing(out *dataset.Writer) error {
	for part := range out.Parts() {
		if _, err := out.Part(part).Close(); err != nil {
			return err
		}
	}
	return nil
}

// rows are the examples of the chosen splits. None is of a patient whom the base or the
// adapter was trained on, and the adapter is one of this base.
func (p *predict) rows(ctx context.Context, in stages.Inputs, out *dataset.Writer) (examples.Rows, error) {
	under, err := ancestryOf(ctx, in, p.config.Base)
	if err != nil {
		return nil, err
	}
	base, err := p.baseOf(ctx, in, p.config.Base)
	if err != nil {
		return nil, err
	}
	splits, counts, err := readSplits(ctx, examples.SourceOf(in, p.config.Overlap), under, p.config.Splits...)
	if err != nil {
		return nil, err
	}
	counts.Note(out)
	under.Note(out)
	var rows examples.Rows
	for _, name := range p.config.Splits {
		rows = append(rows, splits[name]...)
	}
	return rows, base.Under(ctx, "adapter", in.One("adapter"), out)
}

// addAdapters puts what the fine-tuning left onto the base model.
func addAdapters(ctx context.Context, m *model.Model, in stages.Inputs) error {
	folders, err := adapterFolders(ctx, in.One("adapter"))
	if err != nil {
		return err
	}
	for _, dir := range folders {
		if _, err := m.LoadAdapter(ctx, dir, dir, graph.Frozen); err != nil {
			return err
		}
	}
	return nil
}

// adapterFolders are the adapters of a fine-tuning whose updates add up.
func adapterFolders(ctx context.Context, d *dataset.Dataset) ([]string, error) {
	var folders []string
	for _, place := range []string{clinicalFolder, taskFolder} {
		if place == clinicalFolder && !hasClinical(d) {
			continue
		}
		dir, err := folder(ctx, d, place+configIn(d, place))
		if err != nil {
			return nil, err
		}
		folders = append(folders, dir)
	}
	return folders, nil
}

// configIn is the name of an adapter's configuration in a folder of an output.
func configIn(d *dataset.Dataset, place string) string {
	return adapter.ConfigIn(func(name string) bool { return d.HasFile(place + name) })
}

// hasClinical says whether an output has a clinical adapter beside the task's.
func hasClinical(d *dataset.Dataset) bool {
	return d.HasFile(clinicalFolder + configIn(d, clinicalFolder))
}

// theirs tells the outputs of a row, known by its example_id.
func theirs(rows examples.Rows, o *trainer.Outputs) func(row examples.Example) ([]float32, error) {
	number := make(map[string]int, len(rows))
	for i, row := range rows {
		number[row.ExampleID] = i
	}
	return func(row examples.Example) ([]float32, error) {
		values := make([]float32, o.Cols())
		return values, o.Read(number[row.ExampleID], values)
	}
}
