package train

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
)

// LogitsLines reads one JSON array of token ids a line and writes one JSON array
// of arrays a line: the logits [ids, vocab_size] of the model with its adapters
// added up, or [1, labels] where an adapter has a classification head. A line
// that is no array of ids is an error of exit.BadData that gives its number.
func LogitsLines(ctx context.Context, env *stages.Environment, folder string, adapters []string, in io.Reader, out io.Writer) error {
	return inspect(ctx, env, folder, adapters, func(i *model.Inspector) error { return logitsLines(i, in, out) })
}

func logitsLines(inspector *model.Inspector, in io.Reader, out io.Writer) error {
	decoder, encoder := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for line := 1; ; line++ {
		var ids []int32
		if err := decoder.Decode(&ids); errors.Is(err, io.EOF) {
			return nil
		} else if errors.Is(err, context.Canceled) {
			return err
		} else if err != nil {
			return exit.Errorf(exit.BadData, "line %d: not a JSON array of token ids", line)
		}
		logits, err := inspector.Logits(ids)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if err := encoder.Encode(logits); err != nil {
			return err
		}
	}
}

// GenerateText lets the model of a folder write from BOS on, always the likeliest
// token, at most steps of them, and returns their text by the folder's tokenizer.
func GenerateText(ctx context.Context, env *stages.Environment, folder string, adapters []string, steps int) (string, error) {
	if model.IsRandom(folder) {
		return "", exit.Errorf(exit.Usage, "%s: random weights have no tokenizer to write with; give the folder of a model", folder)
	}
	dir, err := store.Open(folder)
	if err != nil {
		return "", err
	}
	tokens, err := tokenizer.Open(ctx, dir)
	if err != nil {
		return "", err
	}
	special := tokens.Special()
	var ids []int32
	err = inspect(ctx, env, folder, adapters, func(i *model.Inspector) error {
		begin, err := i.Begin(special.BOS, special.EOS)
		if err == nil {
			ids, err = i.Generate([]int32{begin}, steps)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return tokens.Decode(ids)
}

// inspect opens the model of a folder with its adapters for f.
func inspect(ctx context.Context, env *stages.Environment, folder string, adapters []string, f func(*model.Inspector) error) error {
	if err := leakage.OnItsBase(ctx, env, folder, adapters); err != nil {
		return err
	}
	return onDevice{env}.onBackend(ctx, func(b kernel.Backend) error {
		i, err := model.Inspect(ctx, b, folder, adapters)
		if err != nil {
			return err
		}
		defer i.Close()
		return f(i)
	})
}
