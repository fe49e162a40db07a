package hf

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// fast are the keys of a tokenizer.json that decide which ids a text gets, as read
// from a folder; pipeline is the whole file, as written here.
type fast struct {
	Tokens        []added.Token   `json:"added_tokens"`
	Normalizer    *step           `json:"normalizer"`
	PreTokenizer  *step           `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Truncation    json.RawMessage `json:"truncation"`
	Model         struct {
		Type         string           `json:"type"`
		Dropout      *float64         `json:"dropout"`
		Prefix       *string          `json:"continuing_subword_prefix"`
		Suffix       *string          `json:"end_of_word_suffix"`
		IgnoreMerges bool             `json:"ignore_merges"`
		ByteFallback bool             `json:"byte_fallback"`
		Vocab        map[string]int32 `json:"vocab"`
		Merges       []pair           `json:"merges"`
	} `json:"model"`
	rule rule
}

// parseFast reads a tokenizer.json and compares it with tokenizer.model.
func parseFast(data []byte, m *sentencepiece.Model) (*fast, error) {
	var f fast
	var known bool
	switch err := jsonfile.Unmarshal(data, &f); {
	case err != nil:
		return nil, fmt.Errorf("malformed, or no byte-pair encoding as LLaMA's: %w", err)
	case f.Model.Type != "" && f.Model.Type != "BPE":
		return nil, fmt.Errorf("model.type: is %q; only BPE is supported, as in tokenizer.model", f.Model.Type)
	case positive(f.Model.Dropout) || given(f.Model.Prefix) || given(f.Model.Suffix) || f.Model.IgnoreMerges:
		return nil, errors.New("model: dropout, continuing_subword_prefix, end_of_word_suffix and ignore_merges are not supported")
	case len(f.Model.Vocab) != m.Size():
		return nil, fmt.Errorf("model.vocab: has %d pieces, tokenizer.model %d; the two files are of different tokenizers", len(f.Model.Vocab), m.Size())
	}
	for id := range int32(m.Size()) {
		if other, ok := f.Model.Vocab[m.Piece(id).Text]; !ok || other != id {
			return nil, fmt.Errorf("model.vocab: piece %d of tokenizer.model is not there under this id; the two files are of different tokenizers", id)
		}
	}
	if !f.Model.ByteFallback {
		return nil, errors.New("model.byte_fallback: is false, and true in tokenizer.model: characters without a piece have other ids; convert tokenizer.model again")
	}
	if err := sameMerges(f.Model.Merges, m); err != nil {
		return nil, fmt.Errorf("model.merges: %w; the two files are of different tokenizers", err)
	}
	if f.rule, known = ruleOf(f.Normalizer, f.PreTokenizer); !known {
		return nil, errors.New("normalizer, pre_tokenizer: are not LLaMA's, which puts U+2581 for spaces and does nothing else; this tokenizer is not supported")
	}
	return &f, nil
}

// truncation is the key of that name, nil where there is no file.
func (f *fast) truncation() json.RawMessage {
	if f == nil {
		return nil
	}
	return f.Truncation
}

func positive(v *float64) bool { return v != nil && *v > 0 }
func given(v *string) bool     { return v != nil && *v != "" }
