package sentencepiece

import (
	"regexp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
)

// tiktokenLine is a line of tiktoken's vocabulary: a token in base64 and its rank
// (https://github.com/openai/tiktoken, load_tiktoken_bpe).
var tiktokenLine = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2} [0-9]+\r?(\n|$)`)

// refuseForeign names what commonly lies under the name tokenizer.model and is no
// SentencePiece model.
func refuseForeign(data []byte) error {
	if err := foreign.Refuse(data); err != nil {
		return exit.Errorf(exit.BadData, "tokenizer model: %w", err)
	}
	switch {
	case tiktokenLine.Match(data):
		return noModel("the file is a tiktoken vocabulary, as Llama 3 has, and no SentencePiece model; Llama 3's tokenizer is not supported, give a model with that of LLaMA 1 or 2")
	case data[0] == '{':
		return noModel("the file is JSON and no SentencePiece model; give the tokenizer.model itself")
	}
	return nil
}

func noModel(what string) error { return exit.Errorf(exit.BadData, "tokenizer model: %s", what) }
