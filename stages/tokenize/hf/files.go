// Package hf reads and writes the Hugging Face folder of a LLaMA tokenizer:
// tokenizer.model and the JSON files that transformers keeps beside it.
package hf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// ModelFile is the name of a SentencePiece model in a Hugging Face folder.
const ModelFile = "tokenizer.model"

const (
	fastFile     = "tokenizer.json"
	configFile   = "tokenizer_config.json"
	specialsFile = "special_tokens_map.json"
	addedFile    = "added_tokens.json"
	modelConfig  = "config.json"
)

// maxFile bounds what is read of a file; LLaMA's have half a megabyte and two.
const maxFile = 256 << 20

// read returns a file of the folder, nil where it has none of that name.
func read(ctx context.Context, dir store.Dir, name string) ([]byte, error) {
	f, err := dir.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s/%s: %w", dir.URI(), name, err)
	}
	if len(data) > maxFile {
		return nil, exit.Errorf(exit.BadData, "%s/%s: longer than %d MiB; it is no tokenizer's", dir.URI(), name, maxFile>>20)
	}
	return data, nil
}

// has says whether the folder has a file.
func has(ctx context.Context, dir store.Dir, name string) bool {
	_, err := dir.Stat(ctx, name)
	return err == nil
}

// readModel reads tokenizer.model. A folder without one is an error of exit.Usage,
// a damaged or unsupported model one of exit.BadData.
func readModel(ctx context.Context, dir store.Dir) (*sentencepiece.Model, error) {
	data, err := read(ctx, dir, ModelFile)
	if err != nil {
		return nil, err
	}
	if data == nil && has(ctx, dir, fastFile) {
		return nil, exit.Errorf(exit.Usage, "%s has a %s and no %s; the former alone is not read: give the folder of a SentencePiece tokenizer, as those of LLaMA 1 and 2 are", dir.URI(), fastFile, ModelFile)
	}
	if data == nil {
		return nil, exit.Errorf(exit.Usage, "%s has no %s; give the folder of a SentencePiece tokenizer", dir.URI(), ModelFile)
	}
	m, err := sentencepiece.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s/%s: %w", dir.URI(), ModelFile, err)
	}
	return m, nil
}
