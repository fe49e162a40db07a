package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/textio"
)

// generationName is the file that has, since transformers 4.26, how a model writes.
const generationName = "generation_config.json"

// otherWords are settings of GenerationConfig that make greedy decoding choose another
// token than the likeliest, and their neutral values where these are not null or empty.
// The others are of sampling and beams, of lengths, which --steps gives, and of caches.
var otherWords = map[string]string{
	"bad_words_ids": "", "begin_suppress_tokens": "", "constraints": "", "encoder_repetition_penalty": "1.0",
	"exponential_decay_length_penalty": "", "force_words_ids": "", "forced_bos_token_id": "", "forced_decoder_ids": "",
	"forced_eos_token_id": "", "guidance_scale": "1.0", "min_length": "0", "min_new_tokens": "0", "no_repeat_ngram_size": "0",
	"penalty_alpha": "0.0", "repetition_penalty": "1.0", "sequence_bias": "", "stop_strings": "", "suppress_tokens": "", "watermarking_config": "",
}

// SpecialTokens are the tokens that begin and end a text.
type SpecialTokens struct {
	BOS int32 // -1: none
	EOS []int32
}

// IsEnd says whether a token ends a text.
func (s SpecialTokens) IsEnd(id int32) bool { return id == s.BOS || slices.Contains(s.EOS, id) }

// ParseEnds reads an eos_token_id: an id, a list of ids, or null.
func ParseEnds(raw json.RawMessage) (ids []int32, err error) {
	var one *int32
	switch {
	case len(raw) == 0:
	case json.Unmarshal(raw, &one) == nil:
		if one != nil {
			ids = []int32{*one}
		}
	case json.Unmarshal(raw, &ids) != nil:
		return nil, errors.New("eos_token_id: must be an id or a list of ids")
	}
	return ids, nil
}

// Begin returns the token that a text begins with, and from then on Generate follows
// generation_config.json, which goes before config.json. The tokenizer's <s>, -1 for
// none, is taken where neither has one; that its </s> is no end is told.
func (in *Inspector) Begin(tokenizerBOS, tokenizerEOS int32) (int32, error) {
	if err := in.readGeneration(); err != nil {
		return 0, err
	}
	if tokenizerEOS >= 0 && !slices.Contains(in.special.EOS, tokenizerEOS) {
		log.Warn().Msgf("%s: eos_token_id is %v, and the tokenizer's </s> is %d; the text ends with the former, as in transformers", in.dir, in.special.EOS, tokenizerEOS)
	}
	bos := in.special.BOS
	switch {
	case bos < 0 && tokenizerBOS < 0:
		return 0, exit.Errorf(exit.Usage, "%s: bos_token_id is missing in %s, and the tokenizer has no <s>; a text has nothing to begin with", in.dir, ConfigName)
	case bos < 0:
		in.special.BOS = tokenizerBOS
		return tokenizerBOS, nil
	case int(bos) >= in.limits().Vocabulary:
		return 0, exit.Errorf(exit.BadData, "%s: bos_token_id is %d, outside the vocabulary of %d", in.dir, bos, in.limits().Vocabulary)
	case tokenizerBOS >= 0 && bos != tokenizerBOS:
		log.Warn().Msgf("%s: bos_token_id is %d, and the tokenizer's <s> is %d; the text begins with the former, as in transformers", in.dir, bos, tokenizerBOS)
	}
	return bos, nil
}

// readGeneration takes the special ids of generation_config.json, where there is one.
func (in *Inspector) readGeneration() error {
	path := filepath.Join(in.dir, generationName)
	data, err := textio.Whole(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read model: %w", err)
	}
	if err := in.special.follow(data); err != nil {
		return exit.Errorf(exit.BadData, "%s: %w", path, err)
	}
	return nil
}

// follow takes what a generation_config.json says.
func (s *SpecialTokens) follow(data []byte) error {
	var keys map[string]json.RawMessage
	if err := jsonfile.Unmarshal(data, &keys); err != nil {
		return err
	}
	for key, neutral := range otherWords {
		if raw := keys[key]; jsonfile.IsSet(raw) && neutral != string(raw) && neutral != string(raw)+".0" {
			return fmt.Errorf("%s: is set, which is not supported: the likeliest token is always taken", key)
		}
	}
	if raw := keys["bos_token_id"]; jsonfile.IsSet(raw) && json.Unmarshal(raw, &s.BOS) != nil {
		return errors.New("bos_token_id: must be an id")
	}
	if raw := keys["eos_token_id"]; jsonfile.IsSet(raw) {
		ends, err := ParseEnds(raw)
		s.EOS = ends
		return err
	}
	return nil
}
