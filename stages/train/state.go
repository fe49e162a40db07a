package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// stateName is the file that makes a training checkpoint: it names the tensors
// that belong to it and is replaced last.
const stateName = "state.json"

// position is where a training run stands after a whole optimizer step. All
// that a resumed run needs beside the parameters and their moments is here:
// batch order and dropout are functions of seed, epoch and batch number.
type position struct {
	Run     string `json:"run"`     // what is trained: a checkpoint of another run is not used
	Step    int    `json:"step"`    // optimizer steps done; the schedule's clock
	Epoch   int    `json:"epoch"`   // epochs done
	Group   int    `json:"group"`   // steps done in the epoch
	Batch   int    `json:"batch"`   // batches done: the counter of the dropout's numbers
	Tokens  int64  `json:"tokens"`  // real tokens trained on
	Tensors string `json:"tensors"` // file of parameters and moments

	// Summed loss and what it is to be divided by, since the last log line.
	LossSum    float64   `json:"loss_sum"`
	LossWeight float64   `json:"loss_weight"`
	Log        []logLine `json:"log"`
	Best       *float64  `json:"best,omitempty"` // the best epoch's score on val
	Stale      int       `json:"stale"`          // epochs since then
}

// The prefixes of a training checkpoint's tensors: PyTorch's names for AdamW's
// moments, and the parameters of the best epoch.
const (
	prefixParam  = "param/"
	prefixFirst  = "exp_avg/"
	prefixSecond = "exp_avg_sq/"
	prefixBest   = "best/"
)

// due says that it is time for a training checkpoint, by steps or by the clock.
// When it is written decides nothing of what is computed.
func (r *run) due() bool {
	if r.at.Step%r.set.SaveEvery == 0 {
		return true
	}
	return r.set.SaveMinutes > 0 && r.now().Sub(r.saved).Minutes() >= r.set.SaveMinutes
}

// save writes a training checkpoint: tensors under a new name, then the state
// that names them, so that a kill at any moment leaves one whole.
func (r *run) save(ctx context.Context) error {
	tensors, err := r.tensors()
	if err != nil {
		return err
	}
	old := r.at.Tensors
	r.at.Tensors = fmt.Sprintf("tensors-%08d-%d.safetensors", r.at.Step, r.at.Epoch)
	if err := writeFile(ctx, r.work, r.at.Tensors, func(f store.File) error { return checkpoint.Write(f, tensors) }); err != nil {
		return err
	}
	err = writeFile(ctx, r.work, stateName, func(f store.File) error { return json.NewEncoder(f).Encode(r.at) })
	r.saved = r.now()
	if err != nil || old == "" || old == r.at.Tensors {
		return err
	}
	return r.work.RemoveAll(ctx, old)
}

func writeFile(ctx context.Context, dir store.Dir, name string, write func(store.File) error) error {
	f, err := dir.Create(ctx, name)
	if err != nil {
		return fmt.Errorf("training checkpoint: %w", err)
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return fmt.Errorf("training checkpoint %s: %w", name, err)
	}
	return f.Commit()
}

func (r *run) tensors() (map[string]checkpoint.Tensor, error) {
	out := map[string]checkpoint.Tensor{}
	for _, p := range r.params.Trainable() {
		value, m, v := make([]float32, p.Len()), make([]float32, p.Len()), make([]float32, p.Len())
		if err := errors.Join(p.Download(kernel.F32s(value)), p.DownloadMoments(kernel.F32s(m), kernel.F32s(v))); err != nil {
			return nil, err
		}
		for prefix, values := range map[string][]float32{prefixParam: value, prefixFirst: m, prefixSecond: v} {
			out[prefix+p.Name()] = checkpoint.Tensor{Shape: p.Shape(), Values: values}
		}
		if best, ok := r.best[p.Name()]; ok {
			out[prefixBest+p.Name()] = checkpoint.Tensor{Shape: p.Shape(), Values: best}
		}
	}
	return out, nil
}

// resume continues from the run's training checkpoint, where there is one whole.
func (r *run) resume(ctx context.Context) error {
	at, err := readState(ctx, r.work)
	if err != nil || at.Tensors == "" || at.Run != r.at.Run {
		return err
	}
	path, ok := r.work.LocalPath(at.Tensors)
	if !ok {
		return exit.Errorf(exit.Usage, "%s: a training checkpoint is read from a local folder; set the run's output to one", r.work.URI())
	}
	weights, err := checkpoint.OpenFile(path)
	// A kill while a finished run removed its checkpoints leaves the state alone.
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer weights.Close()
	for _, p := range r.params.Trainable() {
		if err := r.restore(p, weights, r.keepBest && at.Best != nil); err != nil {
			return err
		}
	}
	r.at = at
	return nil
}

func (r *run) restore(p *graph.Param, w *checkpoint.Weights, best bool) error {
	value, err := checkpoint.Read[float32](w, prefixParam+p.Name(), p.Shape()...)
	if err != nil {
		return err
	}
	m, errM := checkpoint.Read[float32](w, prefixFirst+p.Name(), p.Shape()...)
	v, errV := checkpoint.Read[float32](w, prefixSecond+p.Name(), p.Shape()...)
	if err := errors.Join(errM, errV); err != nil {
		return err
	}
	if best {
		if r.best[p.Name()], err = checkpoint.Read[float32](w, prefixBest+p.Name(), p.Shape()...); err != nil {
			return err
		}
	}
	return errors.Join(p.Upload(kernel.F32s(value)), p.UploadMoments(kernel.F32s(m), kernel.F32s(v)))
}

// readState returns the zero position where there is no checkpoint.
func readState(ctx context.Context, dir store.Dir) (position, error) {
	f, err := dir.Open(ctx, stateName)
	if errors.Is(err, fs.ErrNotExist) {
		return position{}, nil
	}
	if err != nil {
		return position{}, fmt.Errorf("training checkpoint: %w", err)
	}
	defer f.Close()
	var at position
	if err := json.NewDecoder(f).Decode(&at); err != nil {
		return position{}, exit.Errorf(exit.BadData, "%s: %s is malformed; remove the folder to train from the start", dir.URI(), stateName)
	}
	return at, nil
}
