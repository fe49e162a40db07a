package train

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/task"
)

// Check implements stages.Checked.
func (f *finetune) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	_, unfit := f.config.outline(f.config.PEFT, adapter.SeqCls)
	return slices.Concat(f.wanted(), f.config.BaseModel.faults(ctx, in, "clinical"), unfit, examples.Faults(in, f.config.Overlap))
}

// Check implements stages.Checked.
func (p *pretrain) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	m, unfit := p.config.outline(p.config.PEFT, adapter.CausalLM)
	if m != nil {
		unfit = stages.FaultOf("packing", p.config.Fits(m))
	}
	return slices.Concat(p.wanted(), p.config.BaseModel.faults(ctx, in, ""), unfit, p.config.BaseModel.language(), p.config.Overlap.Faults(in))
}

// Check implements stages.Checked.
func (p *predict) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	return slices.Concat(p.wanted(), p.config.BaseModel.faults(ctx, in, "adapter"), p.anotherTask(in), examples.Faults(in, p.config.Overlap))
}

// outline is the base with the new adapter by their sizes, where it is given by path, and
// what does not go together; nil where it has faults of its own.
func (b BaseModel) outline(peft adapter.PEFT, taskType string) (*model.Model, []stages.Fault) {
	if b.Base == "" {
		return nil, nil
	}
	config, err := model.ReadConfig(b.Base)
	if err != nil {
		return nil, nil // faults tells it
	}
	m, err := model.Outline(config, peft.Config(taskType, b.Base), 1)
	return m, stages.FaultOf("peft", err)
}

// anotherTask compares the labels with those that the adapter is trained for.
func (p *predict) anotherTask(in stages.Givers) []stages.Fault {
	of, trained := in.Task(examples.LabelsPort.Name), in.Task("adapter")
	if of.Name == "" || trained.Name == "" || of.Name == trained.Name && of.Kind == trained.Kind {
		return nil
	}
	return stages.Faultf("in.adapter", "is trained for %s, the labels are of %s; give labels of the same task", trained, of)
}

// Check implements stages.Checked.
func (b *base) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return slices.Concat(b.wanted(), b.beyondMemory("hidden_size", b.config.leastBytes()), b.config.Overlap.Faults(in))
}

// leastBytes are what the layers take in training: the weights of each, their gradients
// and two moments. The vocabulary comes with the tokenizer.
func (c BaseConfig) leastBytes() float64 {
	hidden, keys := float64(c.HiddenSize), float64(c.HiddenSize/c.Heads*c.KVHeads)
	layer := 2*hidden*hidden + 2*hidden*keys + 3*hidden*float64(c.IntermediateSize)
	const each = 4 * 4
	return each * layer * float64(c.Layers)
}

// Check implements stages.Checked.
func (b *baseline) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return examples.Faults(in, b.config.Overlap)
}

// Task is that of the labels.
func (f *finetune) Task(in stages.Givers) task.Task { return in.Task(examples.LabelsPort.Name) }
