package train

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/task"
)

// variant is what is trained of a task over a frozen base model: a list of adapters,
// each frozen or trainable, whose updates add up. The last is new and has the
// task's head; where peft.type is none the head is all it has. The six variants of
// the paper's Table 3 are
//
//	head                                                      task (none)
//	lora                                                      task (lora)
//	clinical_frozen                clinical (frozen),         task (none)
//	clinical_frozen_downstream     clinical (frozen),         task (lora)
//	clinical_trainable             clinical (trainable),      task (none)
//	clinical_trainable_downstream  clinical (trainable),      task (lora)
type variant []placed

// variantName is the name of a configuration's variant: its own, or else what the
// paper's Table 3 calls it. With another method than LoRA it has the method's name.
func (c FinetuneConfig) variantName(clinical bool) string {
	head := c.PEFT.Type == lora.None
	switch {
	case c.Variant != "":
		return c.Variant
	case !clinical && head:
		return "head"
	case !clinical:
		return c.PEFT.Type
	case head:
		return "clinical_" + c.Clinical
	case c.PEFT.Type == "lora":
		return "clinical_" + c.Clinical + "_downstream"
	default:
		return "clinical_" + c.Clinical + "_" + c.PEFT.Type
	}
}

// placed is an adapter of a variant and its folder in an output.
type placed struct {
	*adapter.Adapter
	folder string
	from   *dataset.Dataset // where it was read; nil: it is new
}

// The folders of a variant's adapters, as the PEFT library saves an adapter that is
// the default one and one that is not.
const (
	taskFolder     = ""
	clinicalFolder = "clinical/"
)

// newVariant puts the adapters of a configuration on the base model of the folder dir.
func newVariant(ctx context.Context, m *model.Model, dir string, c FinetuneConfig, of task.Task, in stages.Inputs) (variant, error) {
	var v variant
	if d := in.One("clinical"); d != nil {
		a, err := loadClinical(ctx, m, d, graph.Mode(c.Clinical == "trainable"))
		if err != nil {
			return nil, err
		}
		v = append(v, placed{a, clinicalFolder, d})
	}
	head, err := m.AddAdapter("task", c.PEFT.Config(adapter.SeqCls, dir), of.NumLabels(), c.Seed)
	return append(v, placed{head, taskFolder, nil}), err
}

func loadClinical(ctx context.Context, m *model.Model, d *dataset.Dataset, mode graph.Mode) (*adapter.Adapter, error) {
	dir, err := folder(ctx, d, configIn(d, taskFolder))
	if err != nil {
		return nil, err
	}
	a, err := m.LoadAdapter(ctx, "clinical", dir, mode)
	if err == nil && a.Head != nil {
		return nil, exit.Errorf(exit.Usage, "clinical: %s has a classification head of its own; give an adapter of train.pretrain", d.URI())
	}
	return a, err
}

// head is the task's classification head.
func (v variant) head() *adapter.Head { return v[len(v)-1].Head }

// headAlone says that a document's hidden state never changes: nothing under the head is
// trained, whatever adapters lie there, and the base has no dropout.
func (v variant) headAlone(m *model.Model) bool {
	return !m.Drops() && !slices.ContainsFunc(m.Params().Trainable(), func(p *graph.Param) bool { return !v.head().Has(p) })
}

// write writes each adapter into its folder, and beside one that was read the
// records of whom it had been trained on and over which base.
func (v variant) write(ctx context.Context, out *dataset.Writer) error {
	for _, a := range v {
		if err := writeFiles(out, a.folder, a.Files()); err != nil {
			return err
		}
		for _, name := range []string{leakage.PatientsName, leakage.BaseName} {
			if a.from == nil || !a.from.HasFile(name) {
				continue
			}
			if err := out.CopyFile(ctx, a.from, name, a.folder+name); err != nil {
				return err
			}
		}
	}
	return nil
}
