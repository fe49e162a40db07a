package bert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/model"
)

// What is written is read back, key for key.
func TestConfigurationsAreWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size, dropout := rapid.IntRange(1, 9), rapid.Float64Range(0, 0.9)
		heads := size.Draw(rt, "heads")
		want := Config{
			HiddenSize: heads * size.Draw(rt, "dim"), IntermediateSize: size.Draw(rt, "intermediate"), NumHiddenLayers: size.Draw(rt, "layers"),
			NumAttentionHeads: heads, VocabSize: size.Draw(rt, "vocab"), MaxPositionEmbeddings: size.Draw(rt, "positions"),
			TypeVocabSize: size.Draw(rt, "types"), HiddenAct: rapid.SampledFrom(slices.Sorted(maps.Keys(activations))).Draw(rt, "act"),
			LayerNormEps: rapid.Float64Range(1e-12, 1).Draw(rt, "eps"), InitializerRange: rapid.Float64Range(0, 1).Draw(rt, "std"),
			HiddenDropout: dropout.Draw(rt, "hidden"), AttentionDropout: dropout.Draw(rt, "attention"), PadTokenID: rapid.Int32Range(-1, 0).Draw(rt, "pad"), ClassifierDropout: dropout.Draw(rt, "classifier"),
		}
		var b bytes.Buffer
		if err := want.Write(&b); err != nil {
			rt.Fatal(err)
		}
		got, err := parseConfig(b.Bytes())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			rt.Error(diff, err)
		}
	})
}

func TestLeftOutKeysHaveTransformersDefaults(t *testing.T) {
	want := Config{
		HiddenSize: 768, IntermediateSize: 3072, NumHiddenLayers: 12, NumAttentionHeads: 12, VocabSize: 30522, MaxPositionEmbeddings: 512,
		TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.02, HiddenDropout: 0.1, AttentionDropout: 0.1, ClassifierDropout: 0.1,
	}
	got, err := parseConfig([]byte(`{"model_type": "bert"}`))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// others are values that a key may be given instead of its default.
var others = []json.RawMessage{[]byte("6"), []byte(`"x"`), []byte("true"), []byte(`{"x":[1]}`)}

// fate is what becomes of a key that has another value than its default.
func fate(t *testing.T, given map[string]json.RawMessage, key string) string {
	t.Helper()
	before, err := parseConfig(must(json.Marshal(given))(t))
	if err != nil {
		t.Fatal(err)
	}
	if keys.IsHarmless(key) {
		return "harmless"
	}
	for _, value := range others {
		given[key] = value
		switch after, err := parseConfig(must(json.Marshal(given))(t)); {
		case err != nil && !strings.Contains(err.Error(), key):
			return "refused by another name"
		case err != nil, !cmp.Equal(before, after):
			return "used or refused"
		}
	}
	return "read by nobody"
}

// Every key that transformers writes (oracle/config_keys.py) is used, refused by name,
// or known to be harmless, and its default is none of what is refused.
func TestEveryKeyOfTransformersConfigurationIsKnown(t *testing.T) {
	var defaults map[string]json.RawMessage
	if err := json.Unmarshal(must(os.ReadFile("../testdata/config_keys/bert.json"))(t), &defaults); err != nil {
		t.Fatal(err)
	}
	for _, key := range append(slices.Collect(maps.Keys(defaults)), "quantization_config", "embedding_size", "of_tomorrow") {
		if got := fate(t, maps.Clone(defaults), key); key != "model_type" && got != "harmless" && got != "used or refused" {
			t.Errorf("%s is %s", key, got)
		}
	}
}

func TestWrongConfigurationsAreNamed(t *testing.T) {
	for keys, want := range map[string]string{
		`"hidden_act": "swish"`:                                 `hidden_act: is "swish"; supported: gelu, gelu_new, gelu_pytorch_tanh, relu`,
		`"hidden_act": null`:                                    "hidden_act: is null",
		`"position_embedding_type": "relative_key"`:             `position_embedding_type: is "relative_key"`,
		`"position_embedding_type": null`:                       "position_embedding_type: is null",
		`"is_decoder": true`:                                    "is_decoder",
		`"add_cross_attention": true`:                           "add_cross_attention",
		`"pruned_heads": {"0": [1]}`:                            "pruned_heads",
		`"quantization_config": {"bits": 4}`:                    "quantization_config",
		`"pad_token_id": 30522`:                                 "pad_token_id: is 30522, outside",
		`"hidden_size": 13`:                                     "num_attention_heads: 12 does not divide hidden_size 13",
		`"num_hidden_layers": 0`:                                "num_hidden_layers: is 0",
		`"type_vocab_size": 0`:                                  "type_vocab_size",
		`"hidden_dropout_prob": 1`:                              "hidden_dropout_prob: is 1",
		`"attention_probs_dropout_prob": -0.1`:                  "attention_probs_dropout_prob",
		`"classifier_dropout": 1.5`:                             "classifier_dropout",
		`"layer_norm_eps": 0`:                                   "layer_norm_eps",
		`"vocab_size": "7"`:                                     "vocab_size: has the wrong type",
		`"rotary_value": false, "rope_theta": 1e4`:              "rope_theta: this program does not know",
		`"pruned_heads": {}, "tui_size": 7, "tokens": [1]`:      "tokens",
		`"hidden_act": "gelu", "is_decoder": false, "HIDDEN":1`: "HIDDEN",
	} {
		dir := t.TempDir()
		file := fmt.Sprintf(`{"model_type": "bert", %s}`, keys)
		if err := os.WriteFile(filepath.Join(dir, model.ConfigName), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := model.ReadConfig(dir); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", keys, err, want)
		}
	}
}

// The keys of published models.
func TestConfigurationsOfOldVersionsAreRead(t *testing.T) {
	for name, keys := range map[string]string{
		"multilingual": `"directionality": "bidi", "pooler_fc_size": 768, "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3, "pooler_size_per_head": 128, "pooler_type": "first_token_transform"`,
		"transformers 2": `"finetuning_task": null, "num_labels": 2, "output_attentions": false, "output_hidden_states": false, "output_past": true,
			"pruned_heads": {}, "torchscript": false, "use_bfloat16": false, "is_decoder": false`,
		"transformers 4": `"architectures": ["BertModel"], "gradient_checkpointing": false, "position_embedding_type": "absolute", "transformers_version": "4.2.2", "use_cache": true, "classifier_dropout": null`,
		"UmlsBERT":       `"tui_size": 7`,
	} {
		if _, err := parseConfig([]byte(`{"model_type": "bert", ` + keys + `}`)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A configuration from before there was a model_type is known by BERT's own keys.
func TestAConfigurationWithoutAModelTypeIsBERTs(t *testing.T) {
	const google = `{"attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02,
		"intermediate_size": 3072, "max_position_embeddings": 512, "num_attention_heads": 12, "num_hidden_layers": 12, "type_vocab_size": 2, "vocab_size": 30522}`
	for _, test := range []struct{ config, want string }{
		{google, "<nil>"},
		{strings.Replace(google, `"type_vocab_size": 2, `, "", 1), `model_type: is ""`},
		{strings.Replace(google, `{`, `{"model_type": null, `, 1), `model_type: is ""`},
		{strings.Replace(google, `{`, `{"model_type": "roberta", `, 1), `model_type: is "roberta"`},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, model.ConfigName), []byte(test.config), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := model.ReadConfig(dir); !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
