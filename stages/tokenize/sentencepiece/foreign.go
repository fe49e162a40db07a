package sentencepiece

import (
	"bytes"
	"regexp"

	"github.com/clinflow/clinflow/internal/exit"
)

// tiktokenLine is a line of tiktoken's vocabulary: a token in base64 and its rank
// (https://github.com/openai/tiktoken, load_tiktoken_bpe).
var tiktokenLine = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2} [0-9]+\r?(\n|$)`)

// refuseForeign names what commonly lies under the name tokenizer.model and is no
// SentencePiece model.
func refuseForeign(data []byte) error {
	switch {
	case len(data) == 0:
		return foreign("the file is empty; fetch it again")
	case bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/")):
		return foreign("the file is a Git LFS pointer, not what it points to; run `git lfs pull` in its folder")
	case tiktokenLine.Match(data):
		return foreign("the file is a tiktoken vocabulary, as Llama 3 has, and no SentencePiece model; Llama 3's tokenizer is not supported, give a model with that of LLaMA 1 or 2")
	case data[0] == '{':
		return foreign("the file is JSON and no SentencePiece model; give the tokenizer.model itself")
	case data[0] == '<':
		return foreign("the file is a web page and no SentencePiece model; fetch it again")
	}
	return nil
}

func foreign(what string) error { return exit.Errorf(exit.BadData, "tokenizer model: %s", what) }
