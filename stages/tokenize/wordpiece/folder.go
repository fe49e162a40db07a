package wordpiece

import (
	"context"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// beside are the files that a folder's tokenizer is read from.
var beside = []string{VocabularyFile, added.FastFile, added.ConfigFile, added.SpecialsFile, added.File}

// open reads a folder as transformers 5 does. Where tokenizer.json is there it is the
// source of pieces and added tokens, and vocab.txt is not looked at; how text is
// normalised and what is put around it are then of the class: see assemble.
func open(ctx context.Context, folder tokenizer.Folder) (tokenizer.Tokenizer, error) {
	of, err := folder.Definition(ctx)
	if err != nil {
		return nil, err
	}
	files, err := folder.ReadAll(ctx, beside...)
	if err != nil {
		return nil, err
	}
	model, err := folder.Read(ctx, "config.json")
	if err != nil {
		return nil, err
	}
	t, err := assemble(of, files, model)
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %w", folder.URI(), err)
	}
	return t, nil
}

// assemble brings the files together. model is the config.json of a model in the same
// folder, from which the class of the tokenizer may have to be taken.
func assemble(from *tokenizer.Definition, files map[string][]byte, model []byte) (*Tokenizer, error) {
	s, err := parseSettings(files[added.ConfigFile], files[added.SpecialsFile])
	if err != nil {
		return nil, err
	}
	if err := s.resolve(model, from != nil); err != nil {
		return nil, err
	}
	d, err := s.definition(from, files[VocabularyFile])
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{normalizer: d.normalizer, decoder: d.decoder}
	if t.files, err = added.WithClass(files, s.Class); err != nil {
		return nil, err
	}
	if err := t.takePieces(d, s, files[added.File]); err != nil {
		return nil, err
	}
	return t, t.takeSpecial(d, s)
}

// takePieces takes the pieces, and the tokens that are found in a text before words
// are.
func (t *Tokenizer) takePieces(d *definition, s *settings, file []byte) (err error) {
	t.vocabulary = newVocabulary(d.pieces, d.prefix, d.maxRunes)
	t.tokens, err = added.List(added.Sources{Vocabulary: t.vocabulary, Of: d.of, Settings: s.Settings, Fast: d.tokens, Added: file})
	if err != nil {
		return err
	}
	if t.Size() > t.vocabulary.Size() && t.vocabulary.repeats() {
		return fmt.Errorf("%s: has a piece twice, and tokens are added to it: transformers would give them ids of other pieces", d.of)
	}
	if t.vocabulary.unk, err = s.unknown(t.vocabulary, t.tokens, d.unk); err != nil {
		return err
	}
	return t.takeTokens(s.SplitSpecial)
}

// takeTokens makes the tokens found in texts, some of them once the text is normalised.
func (t *Tokenizer) takeTokens(splitSpecial bool) error {
	var literal, normalized []added.Token
	for _, of := range t.tokens {
		if !of.Normalized {
			literal = append(literal, of)
			continue
		}
		content, _ := t.normalizer.append(nil, []byte(of.Content), nil)
		if of.Content = string(content); of.Content == "" {
			return fmt.Errorf("the added token %d is nothing but characters that are taken out of texts", of.ID)
		}
		normalized = append(normalized, of)
	}
	options := added.Options{SplitSpecial: splitSpecial}
	t.literal, t.normalized = added.NewMatcher(literal, options), added.NewMatcher(normalized, options)
	left := t.normalizer
	if t.normalizes = normalized != nil; t.normalizes {
		left = normalizer{}
	}
	t.bytes = newByteTable(left, t.vocabulary)
	return nil
}

// takeSpecial takes the tokens that stand around a text. BertTokenizer puts its own
// there, whatever tokenizer.json says.
func (t *Tokenizer) takeSpecial(d *definition, s *settings) (err error) {
	to := &t.special
	if to.CutLeft, err = s.CutLeft(d.truncation); err != nil {
		return err
	}
	for key, id := range map[string]*int32{"cls_token": &to.BOS, "sep_token": &to.EOS, "pad_token": &to.Pad} {
		if *id, err = s.Named(t.tokens, key, -1); err != nil {
			return err
		}
	}
	if s.isBert() {
		to.AddBOS, to.AddEOS = true, true
		if to.BOS < 0 || to.EOS < 0 {
			return errors.New("cls_token, sep_token: BertTokenizer needs both; name them")
		}
		return nil
	}
	before, after, err := added.Around(d.processor)
	if err != nil {
		return err
	}
	if to.BOS < 0 && len(before) == 1 {
		to.BOS = before[0]
	}
	if to.EOS < 0 && len(after) == 1 {
		to.EOS = after[0]
	}
	return to.Around(before, after)
}
