package hf

import (
	"context"
	"fmt"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// Tokenizer is the tokenizer of a folder. It is immutable and may be shared;
// encoding goes through one Encoder a goroutine.
type Tokenizer struct {
	*sentencepiece.Model // with the added tokens

	rule       rule
	literal    *matcher // tokens that are looked for in the text as it stands
	normalized *matcher // and those that are in the normalised text
	bos, eos   int32
}

// BOS is the id of the token that begins a sequence, -1 where there is none.
func (t *Tokenizer) BOS() int32 { return t.bos }

// EOS is the id of the token that ends a sequence, -1 where there is none.
func (t *Tokenizer) EOS() int32 { return t.eos }

// Open reads the tokenizer of a Hugging Face folder. tokenizer.model alone is read
// as SentencePiece reads it; with other files beside it text is taken as by
// transformers: added tokens are found first, also the names of special ones. What
// is not supported, and where two files differ, is refused by name. A folder
// without a tokenizer is an error of exit.Usage, a damaged or unsupported one of
// exit.BadData.
func Open(ctx context.Context, dir store.Dir) (*Tokenizer, error) {
	m, err := readModel(ctx, dir)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range []string{fastFile, configFile, specialsFile, addedFile, modelConfig} {
		text, err := read(ctx, dir, name)
		if err != nil {
			return nil, err
		}
		files[name] = text
	}
	t, err := assemble(m, files)
	if err == nil {
		err = checkVocabulary(files[modelConfig], t.Size())
	}
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %w", dir.URI(), err)
	}
	if t.rule.disputed {
		log.Warn().Msgf("%s: transformers 4 and 5 read this tokenizer in two ways: 5 gives other ids to a text that begins with a blank and to what follows an added token. "+
			"Here it is as in 4 and SentencePiece. With a tokenizer.json, and PreTrainedTokenizerFast as tokenizer_class, both read it alike", dir.URI())
	}
	return t, nil
}

func assemble(m *sentencepiece.Model, files map[string][]byte) (*Tokenizer, error) {
	t := &Tokenizer{Model: m, rule: rule{prefix: each}, literal: newMatcher(nil, false), normalized: newMatcher(nil, false), bos: m.BOS(), eos: m.EOS()}
	if files[fastFile] == nil && files[configFile] == nil && files[specialsFile] == nil && files[addedFile] == nil {
		return t, nil
	}
	if setting := m.Unlike(); setting != "" {
		return nil, fmt.Errorf("%s: has %s, which transformers does not heed as SentencePiece does; only LLaMA's settings are supported beside %s and its like", ModelFile, setting, configFile)
	}
	s, err := parseSettings(files[configFile], files[specialsFile])
	if err != nil {
		return nil, err
	}
	var f *fast
	if files[fastFile] != nil {
		if f, err = parseFast(files[fastFile], m); err != nil {
			return nil, fmt.Errorf("%s: %w", fastFile, err)
		}
	}
	if t.rule, err = s.rule(f); err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	tokens, err := tokensOf(m, s, f, files[addedFile])
	if err != nil {
		return nil, err
	}
	if t.bos, err = control(s, tokens, "bos_token", m.BOS()); err != nil {
		return nil, err
	}
	if t.eos, err = control(s, tokens, "eos_token", m.EOS()); err != nil {
		return nil, err
	}
	t.take(tokens, s.splitSpecial)
	return t, nil
}

// take makes the tokens known by id and finds them in texts.
func (t *Tokenizer) take(tokens []token, splitSpecial bool) {
	var pieces []sentencepiece.Piece
	var literal, normalized []token
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
	t.Model = t.Model.With(pieces)
	t.literal, t.normalized = newMatcher(literal, splitSpecial), newMatcher(normalized, splitSpecial)
}

// checkVocabulary compares with the config.json of a model in the same folder.
func checkVocabulary(config []byte, size int) error {
	var c struct {
		VocabSize *int `json:"vocab_size"`
	}
	if config == nil || jsonfile.Unmarshal(config, &c) != nil || c.VocabSize == nil || *c.VocabSize >= size {
		return nil // what else is wrong with a model's config.json is for those who read the model
	}
	return fmt.Errorf("%s: vocab_size is %d, but the tokenizer has %d tokens: those beyond have no row of the embedding; resize the model, or take added tokens out of the tokenizer's files", modelConfig, *c.VocabSize, size)
}
