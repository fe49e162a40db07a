package added

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The key of tokenizer_config.json goes before tokenizer.json.
func TestCutLeft(t *testing.T) {
	for _, test := range []struct{ config, truncation, want string }{
		{"{}", "", "false"},
		{"{}", "null", "false"},
		{`{"truncation_side": "left"}`, "", "true"},
		{`{"truncation_side": "right"}`, `{"direction": "Left"}`, "false"},
		{"{}", `{"direction": "Left"}`, "true"},
		{"{}", `{"direction": "Right"}`, "false"},
		{`{"truncation_side": "canary"}`, "", "tokenizer_config.json: truncation_side: "},
		{`{"truncation_side": 1}`, "", "tokenizer_config.json: truncation_side: "},
		{"{}", `"canary"`, "tokenizer.json: truncation: "},
	} {
		s, err := ParseSettings([]byte(test.config), nil)
		left := false
		if err == nil {
			left, err = s.CutLeft(json.RawMessage(test.truncation))
		}
		got := fmt.Sprint(left)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, test.want) || strings.Contains(got, "canary") {
			t.Errorf("%s, %s: got %s, want %s", test.config, test.truncation, got, test.want)
		}
	}
}
