package tokenize

import (
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// hfConfig is tokenizer_config.json as transformers' LlamaTokenizer reads it.
// Without legacy it follows sentencepiece around special tokens too.
type hfConfig struct {
	TokenizerClass            string `json:"tokenizer_class"`
	AddBOSToken               bool   `json:"add_bos_token"`
	AddEOSToken               bool   `json:"add_eos_token"`
	AddPrefixSpace            bool   `json:"add_prefix_space"`
	CleanUpTokenizationSpaces bool   `json:"clean_up_tokenization_spaces"`
	Legacy                    bool   `json:"legacy"`
	specialTokens
}

// specialTokens is special_tokens_map.json.
type specialTokens struct {
	BOS string `json:"bos_token"`
	EOS string `json:"eos_token"`
	Unk string `json:"unk_token"`
}

// writeTokenizer writes the folder that transformers opens as LlamaTokenizer.
func writeTokenizer(out *shard.Writer, m *sentencepiece.Model) error {
	specials := specialTokens{m.Piece(m.BOS()).Text, m.Piece(m.EOS()).Text, m.Piece(m.Unk()).Text}
	config := hfConfig{TokenizerClass: "LlamaTokenizer", AddBOSToken: true, AddPrefixSpace: true, specialTokens: specials}
	if err := out.WriteFile(ModelFile, m.Marshal()); err != nil {
		return err
	}
	if err := out.WriteJSON("tokenizer_config.json", config); err != nil {
		return err
	}
	return out.WriteJSON("special_tokens_map.json", specials)
}
