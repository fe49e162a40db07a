// Package adapter holds adapters in the file format of the PEFT library
// (https://huggingface.co/docs/peft/developer_guides/checkpoint):
// adapter_config.json and adapter_model.safetensors. What it writes is loaded by
// PeftModel.from_pretrained, and the other way round.
//
// Each method of adapting has a folder below, such as lora/, and registers itself under
// its peft_type; what all have in common is here: the file's common keys, the
// classification head that is saved along, the key `peft` of a DAG file. A model's graph
// calls the methods' hooks: see Method. A new method is a folder and an import for its
// side effect; virtual_test.go is a whole one.
//
// Where an output has a clinical adapter beside the task's, PEFT adds their
// updates up too. Its class of classifiers would give the second a head of its
// own; the plain class adds the adapter as it is:
//
//	model = PeftModel.from_pretrained(base, out)
//	PeftModel.add_adapter(model, "clinical", PeftConfig.from_pretrained(out + "/clinical"))
//	model.load_adapter(out + "/clinical", "clinical")
//	model.base_model.set_adapter(["default", "clinical"])
package adapter

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// Adapter is a method on a base model. Its tensors are parameters of the model's set.
type Adapter struct {
	Method
	Config  Config
	Head    *Head // nil without one
	base    Base
	tensors *Tensors
}

// New adds an adapter of initial values drawn from seed to params, for training. One for
// classification (task type SEQ_CLS) gets a head of so many labels. name tells several
// adapters of a model apart.
func New(params *graph.Params, name string, c Config, base Base, labels int, seed int64) (*Adapter, error) {
	a, err := Outline(params, name, c, base, labels)
	if err != nil {
		return nil, err
	}
	return a, a.tensors.initialise(seed)
}

// Outline is New without the initial values.
func Outline(params *graph.Params, name string, c Config, base Base, labels int) (*Adapter, error) {
	if c.TaskType == SeqCls {
		c.ModulesToSave = append(slices.Clone(c.ModulesToSave), base.Head.Name)
	}
	a, err := build(c, base, labels, &Tensors{params: params, adapter: name, mode: graph.Trainable})
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "adapter %s: %w", name, err)
	}
	return a, nil
}

// Load adds the adapter of a folder to params.
func Load(ctx context.Context, params *graph.Params, name, dir string, base Base, mode graph.Mode) (*Adapter, error) {
	c, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	weights, path, err := openWeights(dir, c)
	if err != nil {
		return nil, err
	}
	defer weights.Close()
	labels, err := c.labels(weights, path, base.Head)
	if err != nil {
		return nil, err
	}
	if byPEFTType[c.PEFTType].Whole {
		if err := base.sameAs(dir); err != nil {
			return nil, err
		}
	}
	t := &Tensors{params: params, adapter: name, mode: mode, from: weights}
	a, err := build(c, base, labels, t)
	if t.err != nil {
		return nil, t.err
	}
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %w", dir, err)
	}
	return a, a.tensors.upload(ctx, weights, path)
}

// labels counts the rows of the head in a file, 0 where none is saved along.
func (c Config) labels(weights *checkpoint.Weights, path string, head HeadModule) (int, error) {
	if !c.saves(head.Name) {
		return 0, nil
	}
	name := byPEFTType[c.PEFTType].Prefix + head.Name + ".weight"
	shape, _ := weights.Shape(name)
	if len(shape) != 2 {
		return 0, exit.Errorf(exit.BadData, "%s: has no matrix %q, and %s lists %s under modules_to_save; was the adapter made for another kind of model? If not, save it again by save_pretrained", path, name, ConfigName, head.Name)
	}
	return shape[0], nil
}

func build(c Config, base Base, labels int, t *Tensors) (*Adapter, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	t.Prefix = byPEFTType[c.PEFTType].Prefix
	base.saved = c.ModulesToSave
	if r, ok := c.Method.(Resolver); ok {
		var err error
		if c.Method, err = r.For(base); err != nil {
			return nil, err
		}
	}
	method, err := c.Method.Build(t, base)
	if err != nil {
		return nil, err
	}
	if err := c.copyModules(t, base); err != nil {
		return nil, err
	}
	a := &Adapter{Method: method, Config: c, base: base, tensors: t}
	if c.saves(base.Head.Name) {
		if labels < 1 {
			return nil, fmt.Errorf("the %s head needs at least one label", base.Head.Name)
		}
		a.Head = newHead(t, base, labels)
	}
	return a, t.params.Err()
}

// Files are the adapter's files with its present values.
func (a *Adapter) Files() []checkpoint.File {
	if a.Whole() {
		return a.wholeFiles()
	}
	return []checkpoint.File{{Name: ConfigName, Write: a.Config.Write}, {Name: WeightsName, Write: a.tensors.write}}
}

// oldWeightsName is how PEFT before 0.7 named an adapter's weights.
const oldWeightsName = "adapter_model.bin"

// openWeights opens the weights of an adapter's folder, and says where they are.
func openWeights(dir string, c Config) (*checkpoint.Weights, string, error) {
	if byPEFTType[c.PEFTType].Whole {
		w, err := checkpoint.Open(dir)
		return w, dir, err
	}
	path, err := weightsPath(dir)
	if err != nil {
		return nil, "", err
	}
	w, err := checkpoint.OpenFile(path)
	return w, path, err
}

// weightsPath finds an adapter's weights as PEFT does (load_peft_weights).
func weightsPath(dir string) (string, error) {
	for _, name := range []string{WeightsName, oldWeightsName} {
		if path := filepath.Join(dir, name); exists(path) {
			return path, nil
		}
	}
	return "", checkpoint.Absent(dir, WeightsName, oldWeightsName)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
