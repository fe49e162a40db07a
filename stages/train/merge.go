package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
)

// Merge writes a model with its adapters merged into its weights to the local folder out,
// with the tokenizer's files and the record of whom all of them were trained on. The
// weights are float32, computed on the processor: a card's bfloat16 would lose digits.
func Merge(ctx context.Context, env *stages.Environment, base string, adapters []string, out string) error {
	if err := leakage.OnItsBase(ctx, env, base, adapters); err != nil {
		return err
	}
	files, err := tokenizerFiles(base)
	if err != nil {
		return err
	}
	trained, err := patientsOf(env, base, adapters)
	if err != nil {
		return err
	}
	files = append(files, trained...)
	onProcessor := onDevice{env.With(func(s *stages.Settings) { s.Device = "cpu" })}
	return onProcessor.onBackend(ctx, func(b kernel.Backend) error {
		m, err := model.WithAdapters(ctx, b, base, adapters)
		if err != nil {
			return err
		}
		defer m.Close()
		merged, err := m.Merge()
		if err != nil {
			return err
		}
		return checkpoint.SaveDir(out, append(files, merged...))
	})
}

// tokenizerFiles are those of the base's folder, but for config.json, which is the model's.
func tokenizerFiles(base string) (files []checkpoint.File, err error) {
	for _, name := range tokenizer.Files {
		data, err := os.ReadFile(filepath.Join(model.Folder(base), name))
		switch {
		case errors.Is(err, fs.ErrNotExist) || name == model.ConfigName:
		case err != nil:
			return nil, fmt.Errorf("read tokenizer: %w", err)
		default:
			files = append(files, written(name, data))
		}
	}
	return files, nil
}

func written(name string, data []byte) checkpoint.File {
	return checkpoint.File{Name: name, Write: func(w io.Writer) error { _, err := w.Write(data); return err }}
}

// patientsOf is the record of whom the base and the adapters were trained on, none where
// none of them has one. Those without one are told.
func patientsOf(env *stages.Environment, base string, adapters []string) ([]checkpoint.File, error) {
	var under leakage.Ancestry
	trained := adapters
	if !model.IsRandom(base) { // which was trained on nobody
		trained = append([]string{base}, adapters...)
	}
	for _, dir := range trained {
		if err := under.AddPath(dir); err != nil {
			return nil, err
		}
	}
	if n := under.Unknown(); n > 0 {
		env.Log.Warn().Msgf("%d of the model and its adapters have no record of whom they were trained on (%s); the merged model's names those of the others alone", n, leakage.PatientsName)
	}
	if data := under.Record(); data != nil {
		return []checkpoint.File{written(leakage.PatientsName, data)}, nil
	}
	return nil, nil
}
