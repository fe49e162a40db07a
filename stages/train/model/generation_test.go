package model

import (
	"os"
	"testing"
)

// It must not panic, and an id that it takes for an end of a text is one.
func FuzzGenerationConfig(f *testing.F) {
	data, err := os.ReadFile("testdata/kinds/generation_config/model/" + generationName)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"eos_token_id": [5], "bos_token_id": 7, "repetition_penalty": 1.1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := SpecialTokens{BOS: 1, EOS: []int32{2}}
		if err := s.follow(data); err == nil && len(s.EOS) > 0 && !s.IsEnd(s.EOS[0]) {
			t.Errorf("the end %d does not end a text", s.EOS[0])
		}
	})
}
