package bpe

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/textio"
)

// Parse reads the section model of a tokenizer.json. What changes the ids and is not
// supported is an error that names the key.
func Parse(section []byte) (*Model, error) {
	var vocab, merges []byte
	m := &Model{}
	err := jsonfile.EachMember(section, func(key string, value []byte) error {
		switch key {
		case "vocab":
			vocab = value
		case "merges":
			merges = value
		default:
			return m.option(key, value)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if err := m.parseVocab(vocab); err != nil {
		return nil, fmt.Errorf("model.vocab: %w", err)
	}
	t := merging{model: m}
	if err := jsonfile.EachElement(merges, t.element); err != nil {
		return nil, fmt.Errorf("model.merges: %w", err)
	}
	if m.pairs, err = newPairs(m.Merges); err != nil {
		return nil, fmt.Errorf("model.merges: %w", err)
	}
	return m, nil
}

// option takes a key of the model beside its vocabulary and merges.
func (m *Model) option(key string, value []byte) error {
	switch text := string(value); key {
	case "type":
		if text == `"BPE"` || text == "null" {
			return nil
		}
	case "ignore_merges":
		return option(key, value, &m.IgnoreMerges)
	case "byte_fallback":
		return option(key, value, &m.ByteFallback)
	case "fuse_unk":
		return option(key, value, &m.FuseUnk)
	case "unk_token":
		return option(key, value, &m.Unk)
	default: // dropout, continuing_subword_prefix, end_of_word_suffix, and keys to come
		if text == "null" || text == `""` || text == "false" || text == "0.0" || text == "0" {
			return nil
		}
	}
	return fmt.Errorf("%s: is set, and not supported in a byte-pair encoding", key)
}

// option reads a value that may be null.
func option(key string, value []byte, dst any) error {
	if string(value) == "null" {
		return nil
	}
	if jsonfile.Unmarshal(value, dst) != nil {
		return fmt.Errorf("%s: has the wrong type", key)
	}
	return nil
}

func (m *Model) parseVocab(vocab []byte) error {
	var pieces []piece
	err := jsonfile.EachMember(vocab, func(text string, value []byte) error {
		id, err := strconv.ParseInt(string(value), 10, 32)
		if err != nil {
			return errors.New("an id is no whole number")
		}
		pieces = append(pieces, piece{text, int32(id)})
		return nil
	})
	if err != nil {
		return err
	}
	return m.index(pieces)
}

// element takes a merge of a tokenizer.json: two texts in a list, or as before version
// 0.20 of the tokenizers library in one text with a blank between them.
func (t *merging) element(value []byte) error {
	var parts [2][]byte
	n := 0
	take := func(value []byte) error {
		text, err := content(value)
		if err != nil || n == 2 {
			return t.noPair()
		}
		parts[n] = text
		n++
		return nil
	}
	if value[0] == '[' {
		if err := jsonfile.EachElement(value, take); err != nil || n != 2 {
			return t.noPair()
		}
		return t.take(parts[0], parts[1])
	}
	text, err := content(value)
	left, right, cut := bytes.Cut(text, []byte(" "))
	if err != nil || !cut || bytes.IndexByte(right, ' ') >= 0 {
		return t.noPair()
	}
	return t.take(left, right)
}

func (t *merging) noPair() error {
	return fmt.Errorf("merge %d: is no pair of texts", len(t.model.Merges))
}

// content is what stands in a JSON string; without escapes it is not copied.
func content(value []byte) ([]byte, error) {
	if len(value) >= 2 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], nil
	}
	text, err := jsonfile.String(value)
	return []byte(text), err
}

// ParseFiles reads vocab.json and merges.txt, as GPT-2 has them: of merges.txt a merge
// a line, two texts with a blank between them, after a line with a version.
func ParseFiles(vocab, merges []byte) (*Model, error) {
	m := &Model{}
	if err := m.parseVocab(textio.WithoutMark(vocab)); err != nil {
		return nil, fmt.Errorf("vocab.json: %w", err)
	}
	t := merging{model: m}
	number := 0
	for line := range bytes.Lines(textio.WithoutMark(merges)) {
		number++
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if bytes.HasPrefix(line, []byte("#version")) {
			continue
		}
		left, right, cut := bytes.Cut(line, []byte(" "))
		if !cut || bytes.IndexByte(right, ' ') >= 0 {
			return nil, fmt.Errorf("merges.txt: line %d: is no pair of texts", number)
		}
		if err := t.take(left, right); err != nil {
			return nil, fmt.Errorf("merges.txt: line %d: %w", number, err)
		}
	}
	var err error
	if m.pairs, err = newPairs(m.Merges); err != nil {
		return nil, fmt.Errorf("merges.txt: %w", err)
	}
	return m, nil
}
