package train

import (
	"context"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// BaseModel is the key of every stage over a base model. Its path names what
// model.Open and ancestryOf read of the folder.
type BaseModel struct {
	Base string `json:"base,omitempty" path:"config.json,adapter_config.json,*.safetensors,model.safetensors.index.json,train_patients.bin" doc:"Hugging Face folder of the base model, where it is not a step."`
}

// onBase opens the process's device and the frozen base model of a stage, whose
// folder is dir, and closes both after f.
func onBase(ctx context.Context, in stages.Inputs, path string, f func(m *model.Model, dir string) error) error {
	dir, err := modelFolder(ctx, in, path)
	if err != nil {
		return err
	}
	return onBackend(ctx, func(b kernel.Backend) error {
		m, err := model.Open(ctx, b, dir, graph.Frozen)
		if err != nil {
			return err
		}
		defer m.Close()
		return f(m, dir)
	})
}

// modelFolder finds the base model: bound to the port, or a path of the
// configuration; exactly one of them.
func modelFolder(ctx context.Context, in stages.Inputs, path string) (string, error) {
	d := in.One("base")
	if err := oneBase(d != nil, path); err != nil || d == nil {
		return path, err
	}
	return folder(ctx, d, "config.json")
}

// oneBase says whether there is one base model.
func oneBase(bound bool, path string) error {
	switch {
	case bound && path != "":
		return exit.Errorf(exit.Usage, "base: is given as a step and as a path; give one")
	case !bound && path == "":
		return exit.Errorf(exit.Usage, "base: is missing; bind a model to the port or give the path of a Hugging Face folder")
	default:
		return nil
	}
}
