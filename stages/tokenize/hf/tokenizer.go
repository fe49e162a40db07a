package hf

import (
	"context"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// Tokenizer is the tokenizer of a folder. It is immutable and may be shared;
// encoding goes through one encoder a goroutine.
type Tokenizer struct {
	*sentencepiece.Model
}

// Open reads the tokenizer of a Hugging Face folder. A folder without one is an
// error of exit.Usage, a damaged or unsupported one of exit.BadData.
func Open(ctx context.Context, dir store.Dir) (*Tokenizer, error) {
	m, err := readModel(ctx, dir)
	if err != nil {
		return nil, err
	}
	return &Tokenizer{m}, nil
}
