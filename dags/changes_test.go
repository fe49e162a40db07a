package dags

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsToldOfAChange(t *testing.T) {
	long := strings.Repeat("ü", 100)
	for _, c := range []struct {
		before, now Identity
		want        []string
	}{
		{Identity{Config: []byte(`{"max_length":128}`)}, Identity{Config: []byte(`{"max_length":256}`)}, []string{"with.max_length: 128 → 256"}},
		{Identity{Config: []byte(`{"peft":{"r":8,"type":"lora"}}`)}, Identity{Config: []byte(`{"peft":{"r":16,"type":"lora"},"lr":1}`)}, []string{"with.lr: none → 1", "with.peft.r: 8 → 16"}},
		{Identity{Config: []byte(`{"words":"a"}`)}, Identity{Config: []byte(`{"words":"` + long + `"}`)}, []string{`with.words: "a" → "` + strings.Repeat("ü", longest-2) + "…"}},
		{Identity{Config: []byte(`{"db":{"password":"old"}}`)}, Identity{Config: []byte(`{"db":{"password":"new"}}`)}, []string{"with.db.password: changed"}},
		{Identity{}, Identity{Config: []byte(`{"api_key":"zq"}`)}, []string{"with.api_key: new"}},
		{Identity{Config: []byte(`{"url":"https://me:zq@host/"}`)}, Identity{Config: []byte(`{"url":"https://host/"}`)}, []string{"with.url: changed"}},
		{Identity{Config: []byte(`{"special_token":"<s>"}`)}, Identity{Config: []byte(`{"special_token":"<b>"}`)}, []string{`with.special_token: "<s>" → "<b>"`}},
		{Identity{Inputs: map[string]string{"file mimic/patients.csv.gz": "1f", "tokens": "a"}}, Identity{Inputs: map[string]string{"file mimic/patients.csv.gz": "2f", "with.base": "b"}},
			[]string{"input mimic/patients.csv.gz: changed", "input tokens: gone", "with.base: new"}},
		{Identity{Stage: "a", Version: 1}, Identity{Stage: "b", Version: 2}, []string{"stage: a → b"}},
		{Identity{Version: 1, Kernel: "cpu:go"}, Identity{Version: 2, Kernel: "cpu:avx2"}, []string{"stage version: 1 → 2", "kernel: cpu:go → cpu:avx2"}},
		{Identity{}, Identity{}, []string{"an earlier clinflow named its output otherwise"}},
	} {
		if diff := cmp.Diff(c.want, tell(differences(c.before, c.now))); diff != "" {
			t.Error(diff)
		}
	}
}
