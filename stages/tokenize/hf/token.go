package hf

// token is a token that is matched in a text before the text's own pieces, with
// the settings of transformers' AddedToken.
type token struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter, digit or underscore stands beside it
	LStrip     bool   `json:"lstrip"`      // takes the blanks before it along
	RStrip     bool   `json:"rstrip"`      // takes the blanks after it along
	Normalized bool   `json:"normalized"`  // is matched in the normalised text
	Special    bool   `json:"special"`
}
