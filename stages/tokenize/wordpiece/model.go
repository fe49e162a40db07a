package wordpiece

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// definition is what decides a text's ids: a tokenizer.json, or what BertTokenizer
// makes of vocab.txt.
type definition struct {
	of          string // the file of the pieces, for messages
	pieces      []string
	unk, prefix string
	maxRunes    int
	normalizer  normalizer
	decoder     decoder
	tokens      []added.Token // nil where there is no tokenizer.json
	truncation  json.RawMessage
	processor   json.RawMessage
}

// What BertTokenizer takes where nothing else is said.
const (
	bertPrefix   = "##"
	bertMaxRunes = 100
)

// ofText is the definition of a vocab.txt.
func ofText(data []byte) (*definition, error) {
	pieces, err := parseText(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", VocabularyFile, err)
	}
	return &definition{of: VocabularyFile, pieces: pieces, prefix: bertPrefix, maxRunes: bertMaxRunes}, nil
}

// ofJSON reads the sections of a tokenizer.json.
func ofJSON(from *tokenizer.Definition) (*definition, error) {
	d := &definition{of: added.FastFile, tokens: []added.Token{}, truncation: from.Truncation, processor: from.PostProcessor}
	for _, section := range []struct {
		name  string
		value json.RawMessage
		take  func(json.RawMessage) error
	}{
		{"added_tokens", from.AddedTokens, d.takeTokens},
		{"normalizer", from.Normalizer, d.takeNormalizer},
		{"pre_tokenizer", from.PreTokenizer, takePreTokenizer},
		{"decoder", from.Decoder, d.takeDecoder},
		{"model", from.Model, d.takeModel},
	} {
		if err := section.take(section.value); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", added.FastFile, section.name, err)
		}
	}
	return d, nil
}

func (d *definition) takeTokens(value json.RawMessage) error {
	if !null(value) && json.Unmarshal(value, &d.tokens) != nil {
		return errors.New("is no list of tokens")
	}
	return nil
}

func (d *definition) takeNormalizer(value json.RawMessage) error {
	if null(value) {
		return nil
	}
	var strip *bool
	err := read(value, "BertNormalizer", map[string]any{
		"clean_text": &d.normalizer.clean, "handle_chinese_chars": &d.normalizer.chinese, "strip_accents": &strip, "lowercase": &d.normalizer.lowercase,
	})
	d.normalizer.accents = d.normalizer.lowercase
	if strip != nil {
		d.normalizer.accents = *strip
	}
	return err
}

func takePreTokenizer(value json.RawMessage) error { return read(value, "BertPreTokenizer", nil) }

func (d *definition) takeDecoder(value json.RawMessage) error {
	if null(value) {
		return nil
	}
	d.decoder.joins = true
	return read(value, modelType, map[string]any{"prefix": &d.decoder.prefix, "cleanup": &d.decoder.cleanup})
}

func (d *definition) takeModel(value json.RawMessage) error {
	vocabulary := map[string]int32{}
	err := read(value, modelType, map[string]any{
		"unk_token": &d.unk, "continuing_subword_prefix": &d.prefix, "max_input_chars_per_word": &d.maxRunes, "vocab": &vocabulary,
	})
	if err != nil {
		return err
	}
	d.pieces = make([]string, len(vocabulary))
	taken := make([]bool, len(vocabulary))
	for piece, id := range vocabulary {
		if id < 0 || int(id) >= len(taken) || taken[id] {
			return fmt.Errorf("vocab: the id %d is there twice, or is none of 0 to %d; ids must follow on without a gap", id, len(taken)-1)
		}
		d.pieces[id], taken[id] = piece, true
	}
	return nil
}
