package trainer

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

// StateName is the file that makes a training checkpoint: it names the tensors
// that belong to it and is replaced last.
const StateName = "state.json"

// State is where a training run stands after a whole optimizer step. All
// that a resumed run needs beside the parameters and their moments is here:
// batch order and dropout are functions of seed, epoch and batch number.
type State struct {
	Identity string `json:"identity"` // of the Trainer
	Step     int    `json:"step"`     // optimizer steps done; the schedule's clock
	Epoch    int    `json:"epoch"`    // epochs done
	Group    int    `json:"group"`    // steps done in the epoch
	Batch    int    `json:"batch"`    // batches done: the counter of the dropout's numbers
	Tokens   int64  `json:"tokens"`   // real tokens trained on
	Tensors  string `json:"tensors"`  // file of parameters and moments
	SHA256   string `json:"sha256"`   // of that file

	// Summed loss and what it is to be divided by, since the last log line.
	LossSum    float64 `json:"loss_sum"`
	LossWeight float64 `json:"loss_weight"`

	LogBytes  int64    `json:"log_bytes"`        // of train_log.jsonl that count
	LogSHA256 string   `json:"log_sha256"`       // of these
	Before    *float64 `json:"before,omitempty"` // loss on val before the first step, where it is measured
	Val       *float64 `json:"val,omitempty"`    // loss on val at the last epoch's end
	Best      *float64 `json:"best,omitempty"`   // the best epoch's score on val
	Stale     int      `json:"stale"`            // epochs since then
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
	if r.at.Step%r.SaveEvery == 0 {
		return true
	}
	return r.SaveMinutes > 0 && r.now().Sub(r.saved).Minutes() >= r.SaveMinutes
}

// save writes a training checkpoint: tensors under a new name, the log's new lines,
// then the state that names both, so that a kill at any moment leaves one whole.
func (r *run) save(ctx context.Context) error {
	old := r.at.Tensors
	r.at.Tensors = fmt.Sprintf("tensors-%08d-%d.safetensors", r.at.Step, r.at.Epoch)
	if err := r.saveTensors(ctx); err != nil {
		return fmt.Errorf("training checkpoint %s: %w", r.at.Tensors, err)
	}
	if err := r.log.save(r.work, &r.at); err != nil {
		return fmt.Errorf("training checkpoint: %w", err)
	}
	text, err := json.Marshal(r.at)
	if err == nil {
		err = store.WriteSealed(ctx, r.work, StateName, text)
	}
	if err != nil {
		return fmt.Errorf("training checkpoint %s: %w", StateName, err)
	}
	r.saved = r.now()
	if old == "" || old == r.at.Tensors {
		return nil
	}
	return r.work.RemoveAll(ctx, old)
}

// saveTensors writes the file that the state will name, and notes its sha256.
func (r *run) saveTensors(ctx context.Context) error {
	tensors, err := r.tensors()
	if err != nil {
		return err
	}
	f, err := store.CreateSummed(ctx, r.work, r.at.Tensors)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := checkpoint.Write(f, tensors); err != nil {
		return err
	}
	r.at.SHA256 = f.SHA256()
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
	if err != nil || at.Tensors == "" || at.Identity == "" || at.Identity != r.at.Identity {
		return err
	}
	path, _ := r.work.LocalPath(at.Tensors)
	err = checkSum(ctx, r.work, at.Tensors, at.SHA256)
	// A kill while an earlier output was removed may leave the state alone.
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	weights, err := checkpoint.OpenFile(path)
	if err != nil {
		return err
	}
	defer weights.Close()
	for _, p := range r.params.Trainable() {
		if err := r.restore(p, weights, r.KeepBest && at.Best != nil); err != nil {
			return err
		}
	}
	if err := r.log.resume(ctx, r.work, at); err != nil {
		return err
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

// readState returns the zero State where there is no checkpoint.
func readState(ctx context.Context, dir store.Dir) (at State, err error) {
	text, err := store.ReadSealed(ctx, dir, StateName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return State{}, nil
	case err == nil:
		err = json.Unmarshal(text, &at)
	case !errors.Is(err, store.ErrDamaged):
		return State{}, fmt.Errorf("training checkpoint: %w", err)
	}
	if err != nil {
		return State{}, exit.Errorf(exit.BadData, "training checkpoint %s/%s: %w; remove the folder to train from the start", dir.URI(), StateName, err)
	}
	return at, nil
}

// checkSum compares a training checkpoint's tensors with what its state says.
func checkSum(ctx context.Context, dir store.Dir, name, sum string) error {
	found, _, err := store.SHA256(ctx, dir, name)
	if err != nil {
		return fmt.Errorf("training checkpoint: %w", err)
	}
	if found != sum {
		return damagedCheckpoint(dir, name)
	}
	return nil
}

func damagedCheckpoint(dir store.Dir, name string) error {
	return exit.Errorf(exit.BadData, "training checkpoint %s/%s is damaged: its sha256 is not what %s says; remove the folder to train from the start", dir.URI(), name, StateName)
}
