package bytebpe

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// pipeline is what is done to a text before its words are merged.
type pipeline struct {
	pattern     string // the expression that finds words
	prefixSpace bool   // a space is put before a text that does not begin with one
	nfc         bool   // the text is composed: Unicode's normalization form C
}

// step is one of the library's normalizers, pre-tokenizers or decoders.
type step struct {
	Type           string `json:"type"`
	AddPrefixSpace bool   `json:"add_prefix_space"`
	UseRegex       *bool  `json:"use_regex"`
	Behavior       string `json:"behavior"`
	Invert         bool   `json:"invert"`
	Pattern        struct {
		Regex  string
		String string
	} `json:"pattern"`
	Normalizers   []step `json:"normalizers"`
	PreTokenizers []step `json:"pretokenizers"`
}

// parsePipeline reads the sections of a tokenizer.json. What is not supported is
// refused by its name.
func parsePipeline(d *tokenizer.Definition) (p pipeline, err error) {
	var normalizer, pretokenizer, decoder step
	for _, section := range []struct {
		name string
		json json.RawMessage
		take func(step) error
		of   *step
	}{
		{"normalizer", d.Normalizer, p.takeNormalizer, &normalizer},
		{"pre_tokenizer", d.PreTokenizer, p.takePreTokenizer, &pretokenizer},
		{"decoder", d.Decoder, takeDecoder, &decoder},
	} {
		if section.json != nil && string(section.json) != "null" {
			err = jsonfile.Unmarshal(section.json, section.of)
		}
		if err == nil {
			err = section.take(*section.of)
		}
		if err != nil {
			return p, fmt.Errorf("tokenizer.json: %s: %w", section.name, err)
		}
	}
	return p, nil
}

func (p *pipeline) takeNormalizer(s step) error {
	switch s.Type {
	case "":
		return nil
	case "NFC":
		p.nfc = true
		return nil
	case "Sequence":
		for _, inner := range s.Normalizers {
			if err := p.takeNormalizer(inner); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("type %q is not supported in a byte-level tokenizer; only NFC and none are", s.Type)
}

// takePreTokenizer takes ByteLevel alone, which finds words as GPT-2 does, or behind a
// Split that finds them.
func (p *pipeline) takePreTokenizer(s step) error {
	steps := []step{s}
	if s.Type == "Sequence" {
		steps = s.PreTokenizers
	}
	last := len(steps) - 1
	if last < 0 || last > 1 || steps[last].Type != "ByteLevel" || last == 1 && steps[0].Type != "Split" {
		return errors.New("is neither ByteLevel nor Split and then ByteLevel; only these are supported")
	}
	split := steps[last].UseRegex == nil || *steps[last].UseRegex
	p.pattern, p.prefixSpace = gpt2Pattern, steps[last].AddPrefixSpace
	switch {
	case last == 0 && !split:
		return errors.New("use_regex: is false, and no Split finds words; this is not supported")
	case last == 1 && (split || p.prefixSpace):
		return errors.New("use_regex, add_prefix_space: are set in ByteLevel behind a Split; this is not supported")
	case last == 1:
		return p.takeSplit(steps[0])
	}
	return nil
}

// takeSplit takes an expression whose matches are the words.
func (p *pipeline) takeSplit(s step) error {
	p.pattern = s.Pattern.Regex
	if scanners[p.pattern] == nil {
		return fmt.Errorf("pattern: the regular expression %q is not supported; only those of GPT-2, Llama 3 and Qwen2 are", p.pattern)
	}
	if s.Behavior != "Isolated" || s.Invert {
		if s.Behavior != "Removed" || !s.Invert {
			return errors.New("behavior, invert: are not Isolated and false, nor Removed and true; only these are supported")
		}
	}
	return nil
}

func takeDecoder(s step) error {
	if s.Type != "ByteLevel" {
		return fmt.Errorf("type %q is not supported in a byte-level tokenizer; only ByteLevel is", s.Type)
	}
	return nil
}
