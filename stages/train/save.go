package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

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
		err = store.WriteSealed(ctx, r.work, stateName, text)
	}
	if err != nil {
		return fmt.Errorf("training checkpoint %s: %w", stateName, err)
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
	f, err := r.work.Create(ctx, r.at.Tensors)
	if err != nil {
		return err
	}
	defer f.Abort()
	sum := sha256.New()
	if err := checkpoint.Write(io.MultiWriter(f, sum), tensors); err != nil {
		return err
	}
	r.at.SHA256 = hex.EncodeToString(sum.Sum(nil))
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
