package hf

import (
	"encoding/json"
	"errors"
)

// token is a token that is found in a text before the text's own pieces are, with
// the settings of transformers' AddedToken.
type token struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter, digit or underscore stands beside it
	LStrip     bool   `json:"lstrip"`      // takes the blanks before it along
	RStrip     bool   `json:"rstrip"`      // takes the blanks after it along
	Normalized bool   `json:"normalized"`  // is looked for in the normalised text
	Special    bool   `json:"special"`
}

// named is a token that a key such as pad_token names, by its text or by an object
// with all settings.
type named struct {
	key string
	token
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *named) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &n.Content) == nil {
		return nil
	}
	if json.Unmarshal(data, &n.token) != nil || n.Content == "" {
		return errors.New("is no token")
	}
	return nil
}
