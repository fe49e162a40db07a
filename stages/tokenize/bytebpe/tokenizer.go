// Package bytebpe is byte-level byte-pair encoding, as GPT-2, Llama 3 and Qwen2 have it:
// words that a regular expression finds, their bytes, and merges. It reads
// tokenizer.json, or vocab.json and merges.txt, with the files beside them.
package bytebpe

import (
	"context"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/bpe"
	"github.com/clinflow/clinflow/stages/tokenize/cache"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

const (
	vocabFile  = "vocab.json"
	mergesFile = "merges.txt"
)

func init() {
	tokenizer.Register(tokenizer.Kind{
		Name: "byte-level BPE", Sign: "byte-level tokenizer.json or vocab.json with merges.txt",
		Holds: holds,
		Open:  open,
	})
}

// holds knows a tokenizer.json by its pre-tokenizer. Beside another one, or a
// tokenizer.model, vocab.json is of no tokenizer that is read.
func holds(ctx context.Context, folder tokenizer.Folder) (bool, error) {
	d, err := folder.Definition(ctx)
	if d != nil || err != nil {
		return d != nil && d.Type == "BPE" && d.ByteLevel(), err
	}
	found := true
	for _, file := range []struct {
		name string
		want bool
	}{{vocabFile, true}, {mergesFile, true}, {"tokenizer.model", false}} {
		has, err := folder.Has(ctx, file.name)
		if err != nil {
			return false, err
		}
		found = found && has == file.want
	}
	return found, nil
}

// Tokenizer is the tokenizer of a folder. It implements tokenizer.Tokenizer.
type Tokenizer struct {
	model      *bpe.Model
	byteIDs    [256]int32   // of the pieces of one byte
	wholes     *cache.Table // words whose merges end in one piece
	pipeline   pipeline
	literal    *added.Matcher // tokens that are looked for in the text as it stands
	normalized *added.Matcher // and those that are in the normalised text
	tokens     map[int32]added.Token
	size       int
	special    tokenizer.Special
	files      tokenizer.Contents // as they were read, with the class
}

// Special implements tokenizer.Tokenizer.
func (t *Tokenizer) Special() tokenizer.Special { return t.special }

// Size implements tokenizer.Tokenizer.
func (t *Tokenizer) Size() int { return t.size }

// Save implements tokenizer.Tokenizer: it writes the files as they were read,
// with the class where the model's config.json told it.
func (t *Tokenizer) Save(out *dataset.Writer) error { return t.files.Save(out) }

// takeBytes finds the piece of each byte.
func (t *Tokenizer) takeBytes() error {
	for b, letter := range letters {
		id, known := t.model.ID(string(letter))
		if !known {
			return fmt.Errorf("the vocabulary lacks a piece for the byte 0x%02X; a text with it has no ids", b)
		}
		t.byteIDs[b] = id
	}
	return nil
}

// takeWholes finds the pieces that a word of the same bytes becomes: with ignore_merges
// all of them, else those that merges make.
func (t *Tokenizer) takeWholes() {
	t.wholes = cache.NewTable(t.model.Size())
	e := &Encoder{tokenizer: t, merger: t.model.NewMerger()}
	var word, letters []byte
	var ids []int32
	for id, piece := range t.model.Pieces {
		word = appendBytes(word[:0], piece)
		if letters = appendLetters(letters[:0], word); string(letters) != piece {
			continue // a token in other characters than the alphabet's is no word's piece
		}
		if !t.model.IgnoreMerges {
			ids = e.merge(ids[:0], word)
		}
		if t.model.IgnoreMerges || len(ids) == 1 && ids[0] == int32(id) {
			t.wholes.Add(word, int32(id))
		}
	}
}

// takeTokens makes the added tokens known by id and finds them in texts.
func (t *Tokenizer) takeTokens(tokens []added.Token, splitSpecial bool) {
	var literal, normalized []added.Token
	t.tokens, t.size = map[int32]added.Token{}, t.model.Size()
	for _, of := range tokens {
		t.tokens[of.ID], t.size = of, max(t.size, int(of.ID)+1)
		if of.Normalized {
			of.Content = t.pipeline.normalize(of.Content)
			normalized = append(normalized, of)
		} else {
			literal = append(literal, of)
		}
	}
	t.literal = added.NewMatcher(literal, added.Options{SplitSpecial: splitSpecial})
	t.normalized = added.NewMatcher(normalized, added.Options{SplitSpecial: splitSpecial})
}

// takeSpecial takes the tokens that keys name, and what is put around a text: with a
// tokenizer.json its post_processor says so, as in transformers 5, else the keys.
func (t *Tokenizer) takeSpecial(tokens []added.Token, s *settings, d *tokenizer.Definition) (err error) {
	for key, id := range map[string]*int32{"bos_token": &t.special.BOS, "eos_token": &t.special.EOS, "pad_token": &t.special.Pad} {
		if *id, err = s.Named(tokens, key, -1); err != nil {
			return err
		}
	}
	if d == nil {
		t.special.AddBOS = t.special.BOS >= 0 && s.AddBOS != nil && *s.AddBOS
		t.special.AddEOS = t.special.EOS >= 0 && s.AddEOS != nil && *s.AddEOS
		t.special.CutLeft, err = s.CutLeft(nil)
		return err
	}
	if t.special.CutLeft, err = s.CutLeft(d.Truncation); err != nil {
		return err
	}
	before, after, err := added.Around(d.PostProcessor)
	if err != nil {
		return err
	}
	return t.special.Around(before, after)
}
