// Package added is what tokenizers of every kind share: the tokens that the files of
// a Hugging Face folder add to a vocabulary or name as special, and finding them in
// texts. It reads tokenizer_config.json, special_tokens_map.json and
// added_tokens.json, and takes the added_tokens of tokenizer.json.
package added

// Files of a Hugging Face folder that name tokens.
const (
	FastFile     = "tokenizer.json"
	ConfigFile   = "tokenizer_config.json"
	SpecialsFile = "special_tokens_map.json"
	File         = "added_tokens.json"
)

// Token is a token that is found in a text before the text's own pieces are, with
// the settings of transformers' AddedToken.
type Token struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter, digit or underscore stands beside it
	LStrip     bool   `json:"lstrip"`      // takes the blanks before it along
	RStrip     bool   `json:"rstrip"`      // takes the blanks after it along
	Normalized bool   `json:"normalized"`  // is looked for in the normalised text
	Special    bool   `json:"special"`
}
