// Package hf is the tokenizer of a Hugging Face folder with a SentencePiece BPE
// model, as those of LLaMA 1 and 2: tokenizer.model and the JSON files that
// transformers keeps beside it.
package hf

import (
	"context"
	"fmt"
	"slices"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// ModelFile is the name of a SentencePiece model in a Hugging Face folder.
const ModelFile = "tokenizer.model"

// beside are the files that transformers keeps beside tokenizer.model.
var beside = []string{added.FastFile, added.ConfigFile, added.SpecialsFile, added.File}

func init() {
	tokenizer.Register(tokenizer.Kind{
		Name: "SentencePiece BPE", Sign: ModelFile,
		Holds: holds,
		Open:  open,
	})
}

// holds leaves a tokenizer.json that is byte-level to another kind: Llama 3 has a
// tokenizer.model too, which is no SentencePiece model.
func holds(ctx context.Context, folder tokenizer.Folder) (bool, error) {
	d, err := folder.Definition(ctx)
	if err != nil || d.ByteLevel() {
		return false, err
	}
	if d != nil && d.Type == "BPE" {
		return true, nil
	}
	return folder.Has(ctx, ModelFile)
}

// Tokenizer is the tokenizer of a folder: SentencePiece's, with the tokens that the
// other files add. It implements tokenizer.Tokenizer.
type Tokenizer struct {
	model      *sentencepiece.Model // with the added tokens
	rule       rule
	literal    *added.Matcher // tokens that are looked for in the text as it stands
	normalized *added.Matcher // and those that are in the normalised text
	special    tokenizer.Special
	files      tokenizer.Contents // as they were read, by name
}

// Special implements tokenizer.Tokenizer. Pad is the model's own.
func (t *Tokenizer) Special() tokenizer.Special { return t.special }

// Size implements tokenizer.Tokenizer.
func (t *Tokenizer) Size() int { return t.model.Size() }

// Decode implements tokenizer.Tokenizer.
func (t *Tokenizer) Decode(ids []int32) (string, error) { return t.model.Decode(ids) }

// Save implements tokenizer.Tokenizer: it writes the files as they were read.
func (t *Tokenizer) Save(out *dataset.Writer) error { return t.files.Save(out) }

// open reads tokenizer.model as SentencePiece reads it, or in its place the
// tokenizer.json that was made of one; with other files beside it text is taken as by
// transformers: added tokens are found first, also the names of special ones. What is
// not supported, and where two files differ, is refused by name.
func open(ctx context.Context, folder tokenizer.Folder) (tokenizer.Tokenizer, error) {
	files, err := folder.ReadAll(ctx, append([]string{ModelFile}, beside...)...)
	if err != nil {
		return nil, err
	}
	d, err := folder.Definition(ctx)
	if err != nil {
		return nil, err
	}
	t, err := assemble(d, files)
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %w", folder.URI(), err)
	}
	if t.rule.disputed {
		log.Warn().Msgf("%s: transformers 4 and 5 read this tokenizer in two ways: 5 gives other ids to a text that begins with a blank and to what follows an added token. "+
			"Here it is as in 4 and SentencePiece. With a tokenizer.json, and PreTrainedTokenizerFast as tokenizer_class, both read it alike", folder.URI())
	}
	return t, nil
}

// modelOf reads the model, and tokenizer.json where it is there.
func modelOf(d *tokenizer.Definition, file []byte) (m *sentencepiece.Model, f *fast, err error) {
	if f, err = parseFast(d); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", added.FastFile, err)
	}
	if file == nil {
		m, err = f.sentencePiece()
	} else if m, err = sentencepiece.Parse(file); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", ModelFile, err)
	} else if f != nil {
		err = f.compare(m)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", added.FastFile, err)
	}
	return m, f, err
}

// assemble brings the model and the files beside it together; d is nil where there is
// no tokenizer.json.
func assemble(d *tokenizer.Definition, files map[string][]byte) (*Tokenizer, error) {
	m, f, err := modelOf(d, files[ModelFile])
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{
		model: m, rule: rule{prefix: each}, literal: added.NewMatcher(nil, added.Options{}), normalized: added.NewMatcher(nil, added.Options{}),
		special: tokenizer.Special{BOS: m.BOS(), EOS: m.EOS(), Pad: m.Pad(), AddBOS: m.BOS() >= 0}, files: files,
	}
	if !slices.ContainsFunc(beside, func(name string) bool { return files[name] != nil }) {
		return t, nil
	}
	if setting := m.Unlike(); setting != "" {
		return nil, fmt.Errorf("%s: has %s, which transformers does not heed as SentencePiece does; only LLaMA's settings are supported beside %s and its like", ModelFile, setting, added.ConfigFile)
	}
	s, err := parseSettings(files[added.ConfigFile], files[added.SpecialsFile])
	if err != nil {
		return nil, err
	}
	if t.rule, err = s.rule(f); err != nil {
		return nil, fmt.Errorf("%s: %w", added.ConfigFile, err)
	}
	from := added.Sources{Vocabulary: m, Of: ModelFile, Settings: s.Settings, Added: files[added.File]}
	if f != nil {
		from.Of, from.Fast = added.FastFile, f.tokens
	} else {
		from.Own = piecesToFind(m)
	}
	tokens, err := added.List(from)
	if err != nil {
		return nil, err
	}
	t.take(tokens, s.SplitSpecial)
	return t, t.takeSpecial(tokens, s, f)
}

// takeSpecial takes the tokens that begin and end a sequence. LLaMA's begin with BOS
// where no file says otherwise.
func (t *Tokenizer) takeSpecial(tokens []added.Token, s *settings, f *fast) (err error) {
	if t.special.BOS, err = s.Named(tokens, "bos_token", t.special.BOS); err != nil {
		return err
	}
	if t.special.EOS, err = s.Named(tokens, "eos_token", t.special.EOS); err != nil {
		return err
	}
	if t.special.CutLeft, err = s.CutLeft(f.truncation()); err != nil {
		return err
	}
	if f == nil {
		t.special.AddBOS = t.special.BOS >= 0 && (s.AddBOS == nil || *s.AddBOS)
		t.special.AddEOS = t.special.EOS >= 0 && s.AddEOS != nil && *s.AddEOS
		return nil
	}
	before, after, err := added.Around(f.PostProcessor)
	if err != nil {
		return err
	}
	return t.special.Around(before, after)
}

// piecesToFind are the control and user-defined pieces of a tokenizer.model that has
// no tokenizer.json beside it.
func piecesToFind(m *sentencepiece.Model) (tokens []added.Token) {
	for id := range int32(m.Size()) {
		piece := m.Piece(id)
		if piece.Type == sentencepiece.Control || piece.Type == sentencepiece.UserDefined {
			tokens = append(tokens, added.Token{ID: id, Content: piece.Text, Special: piece.Type == sentencepiece.Control})
		}
	}
	return tokens
}

// take makes the tokens known by id and finds them in texts.
func (t *Tokenizer) take(tokens []added.Token, splitSpecial bool) {
	var pieces []sentencepiece.Piece
	var literal, normalized []added.Token
	for _, of := range tokens {
		if int(of.ID) >= t.Size() {
			kind := sentencepiece.UserDefined
			if of.Special {
				kind = sentencepiece.Control
			}
			pieces = append(pieces, sentencepiece.Piece{Text: of.Content, Type: kind})
		}
		if of.Normalized {
			of.Content = t.rule.normalize(of.Content)
			normalized = append(normalized, of)
		} else {
			literal = append(literal, of)
		}
	}
	t.model = t.model.With(pieces)
	t.literal, t.normalized = added.NewMatcher(literal, added.Options{SplitSpecial: splitSpecial}),
		added.NewMatcher(normalized, added.Options{SplitSpecial: splitSpecial, Blanks: t.rule.replaced})
}
