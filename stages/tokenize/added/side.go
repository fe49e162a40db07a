package added

import (
	"encoding/json"
	"errors"
	"fmt"
)

// side is an end of a text.
type side string

// UnmarshalJSON implements json.Unmarshaler.
func (s *side) UnmarshalJSON(data []byte) error {
	if text := string(data); text != `"left"` && text != `"right"` {
		return errors.New("is neither left nor right")
	}
	return json.Unmarshal(data, (*string)(s))
}

// CutLeft says whether a long text loses its beginning: truncation is that of
// tokenizer.json, which tokenizer_config.json goes before.
func (s *Settings) CutLeft(truncation json.RawMessage) (bool, error) {
	var of *struct {
		Direction string `json:"direction"` // Left or Right
	}
	if len(truncation) > 0 {
		if err := into(truncation, &of); err != nil {
			return false, fmt.Errorf("%s: truncation: %w", FastFile, err)
		}
	}
	if s.truncationSide == "" && of != nil {
		return of.Direction == "Left", nil
	}
	return s.truncationSide == "left", nil
}
