package hf

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/bpe"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// fast is what of a tokenizer.json decides which ids a text gets, as read from a
// folder; pipeline is the whole file, as written here.
type fast struct {
	*tokenizer.Definition
	model  *bpe.Model
	tokens []added.Token
	rule   rule
}

// parseFast reads a tokenizer.json, nil where there is none.
func parseFast(d *tokenizer.Definition) (f *fast, err error) {
	if d == nil {
		return nil, nil
	}
	f = &fast{Definition: d, tokens: []added.Token{}} // not nil: the file is there
	if d.Type != "BPE" {
		return nil, fmt.Errorf("model.type: is %q; only BPE is supported, as in tokenizer.model", d.Type)
	}
	if f.model, err = bpe.Parse(d.Model); err != nil {
		return nil, err
	}
	if f.model.IgnoreMerges || !f.model.ByteFallback {
		return nil, errors.New("model: ignore_merges is true or byte_fallback is not; without byte_fallback characters without a piece have other ids than LLaMA's, and neither is supported in a SentencePiece BPE")
	}
	var normalizer, pretokenizer *step
	for name, section := range map[string]struct {
		json json.RawMessage
		into any
	}{"added_tokens": {d.AddedTokens, &f.tokens}, "normalizer": {d.Normalizer, &normalizer}, "pre_tokenizer": {d.PreTokenizer, &pretokenizer}} {
		if section.json != nil && json.Unmarshal(section.json, section.into) != nil {
			return nil, fmt.Errorf("%s: has the wrong type", name)
		}
	}
	var known bool
	if f.rule, known = ruleOf(normalizer, pretokenizer); !known {
		return nil, errors.New("normalizer, pre_tokenizer: are not LLaMA's, which puts U+2581 for spaces and does nothing else; this tokenizer is not supported")
	}
	return f, nil
}

// truncation is the section of that name, nil where there is no file.
func (f *fast) truncation() json.RawMessage {
	if f == nil {
		return nil
	}
	return f.Truncation
}

// compare compares the vocabulary and the merges with those of a tokenizer.model.
func (f *fast) compare(m *sentencepiece.Model) error {
	if f.model.Size() != m.Size() {
		return fmt.Errorf("model.vocab: has %d pieces, tokenizer.model %d; the two files are of different tokenizers", f.model.Size(), m.Size())
	}
	for id, piece := range f.model.Pieces {
		if m.Piece(int32(id)).Text != piece {
			return fmt.Errorf("model.vocab: piece %d is another in tokenizer.model; the two files are of different tokenizers", id)
		}
	}
	return sameMerges(f.model, m)
}

// sentencePiece makes of a tokenizer.json alone the model that it was converted from:
// pieces that merges make earlier have the higher scores. Merges that are no
// SentencePiece model's are an error.
func (f *fast) sentencePiece() (*sentencepiece.Model, error) {
	pieces := make([]sentencepiece.Piece, f.model.Size())
	for id, text := range f.model.Pieces {
		pieces[id] = sentencepiece.Piece{Text: text, Score: float32(-len(f.model.Merges)), Type: sentencepiece.Normal}
		if text == f.model.Unk {
			pieces[id].Type = sentencepiece.Unknown
		}
	}
	for _, t := range f.tokens {
		if id, ok := f.model.ID(t.Content); ok && t.Special && pieces[id].Type == sentencepiece.Normal {
			pieces[id].Type = sentencepiece.Control
		}
	}
	for i := len(f.model.Merges) - 1; i >= 0; i-- { // what merges make is text, whatever else it is
		of := &pieces[f.model.Merges[i].Whole]
		of.Score, of.Type = float32(-i), sentencepiece.Normal
	}
	m, err := sentencepiece.New(pieces)
	if err != nil {
		return nil, err
	}
	return m, sameMerges(f.model, m)
}
