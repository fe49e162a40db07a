package hf

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// noLimit is what transformers writes as model_max_length where there is none.
const noLimit = 1e30

// config is tokenizer_config.json. The class is the one that takes tokenizer.json
// as it is, in transformers 4 and 5: LlamaTokenizer of 5 makes a normalizer of its
// own, which swallows a blank at a text's beginning. split_special_tokens keeps a
// "<s>" that stands in a note from becoming BOS.
type config struct {
	TokenizerClass            string  `json:"tokenizer_class"`
	AddBOSToken               bool    `json:"add_bos_token"`
	AddEOSToken               bool    `json:"add_eos_token"`
	CleanUpTokenizationSpaces bool    `json:"clean_up_tokenization_spaces"`
	ModelMaxLength            float64 `json:"model_max_length"`
	SplitSpecialTokens        bool    `json:"split_special_tokens"`
	specialTokens
}

// specialTokens is special_tokens_map.json.
type specialTokens struct {
	BOS string `json:"bos_token"`
	EOS string `json:"eos_token"`
	Unk string `json:"unk_token"`
}

// Write writes the folder of a trained tokenizer, which AutoTokenizer opens: it
// gives the ids of tokenizer.model, with BOS before them.
func Write(out *dataset.Writer, m *sentencepiece.Model) error {
	if err := out.WriteFile(ModelFile, m.Marshal()); err != nil {
		return err
	}
	specials := specialTokens{m.Piece(m.BOS()).Text, m.Piece(m.EOS()).Text, m.Piece(m.Unk()).Text}
	for _, file := range []struct {
		name  string
		value any
	}{
		{added.FastFile, newPipeline(m)},
		{added.ConfigFile, config{
			TokenizerClass: "PreTrainedTokenizerFast", AddBOSToken: true, ModelMaxLength: noLimit, SplitSpecialTokens: true, specialTokens: specials,
		}},
		{added.SpecialsFile, specials},
	} {
		if err := out.WriteJSON(file.name, file.value); err != nil {
			return err
		}
	}
	return nil
}
