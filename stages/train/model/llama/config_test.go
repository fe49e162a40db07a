package llama

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/model"
)

const goldenDir = "../testdata/llama" // written by oracle/llama_golden.py

func TestReadsTheConfigurationOfTransformers(t *testing.T) {
	got, err := model.ReadConfig(filepath.Join(goldenDir, "hf"))
	want := Config{ // CONFIG in oracle/llama_golden.py
		HiddenSize: 32, IntermediateSize: 48, NumHiddenLayers: 2, NumAttentionHeads: 4, NumKeyValueHeads: 2,
		HeadDim: 8, VocabSize: 64, MaxPositionEmbeddings: 64, RMSNormEps: 1e-5, RopeTheta: 10000,
		InitializerRange: 0.02, BosTokenID: 1, PadTokenID: 0, EosTokenIDs: []int32{2},
	}
	if diff := cmp.Diff(model.Config(want), got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestConfigurationsAreWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 9)
		kv := size.Draw(rt, "kv")
		want := Config{
			HiddenSize: size.Draw(rt, "hidden"), IntermediateSize: size.Draw(rt, "intermediate"),
			NumHiddenLayers: size.Draw(rt, "layers"), NumAttentionHeads: kv * size.Draw(rt, "heads"),
			NumKeyValueHeads: kv, HeadDim: 2 * size.Draw(rt, "half"), VocabSize: size.Draw(rt, "vocab"),
			MaxPositionEmbeddings: size.Draw(rt, "positions"), RMSNormEps: rapid.Float64Range(1e-9, 1).Draw(rt, "eps"),
			RopeTheta: rapid.Float64Range(1, 1e6).Draw(rt, "theta"), InitializerRange: rapid.Float64Range(0, 1).Draw(rt, "std"),
			TieWordEmbeddings: rapid.Bool().Draw(rt, "tied"), BosTokenID: rapid.Int32Range(-1, 9).Draw(rt, "bos"),
			PadTokenID: rapid.Int32Range(-1, 9).Draw(rt, "pad"), EosTokenIDs: rapid.SliceOfN(rapid.Int32Range(0, 9), 1, 3).Draw(rt, "eos"),
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

func TestWrongConfigurationsAreNamed(t *testing.T) {
	good, err := os.ReadFile(filepath.Join(goldenDir, "hf", model.ConfigName))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, changed, want string }{
		{`"model_type": "llama"`, `"model_type": "mistral"`, "model_type"},
		{`"silu"`, `"gelu"`, "hidden_act"},
		{`"rope_type": "default"`, `"rope_type": "llama3"`, "rope_scaling"},
		{`"pad_token_id": 0`, `"rope_scaling": {"type": "linear", "factor": 2}`, "rope_scaling"},
		{`"attention_bias": false`, `"attention_bias": true`, "attention_bias"},
		{`"mlp_bias": false`, `"mlp_bias": true`, "mlp_bias"},
		{`"attention_dropout": 0.0`, `"attention_dropout": 0.1`, "attention_dropout"},
		{`"use_cache": true`, `"quantization_config": {"bits": 4}`, "quantization_config"},
		{`"hidden_size": 32`, `"hidden_size": "32"`, "hidden_size: has the wrong type"},
		{`"hidden_size": 32`, `"hidden_size": 0`, "hidden_size"},
		{`"hidden_size": 32,`, ``, "hidden_size"},
		{`"head_dim": 8`, `"head_dim": 7`, "head_dim"},
		{`"num_key_value_heads": 2`, `"num_key_value_heads": 3`, "num_key_value_heads"},
		{`"vocab_size": 64`, `"vocab_size": -1`, "vocab_size"},
		{`"eos_token_id": 2`, `"eos_token_id": "</s>"`, "eos_token_id"},
		{`"vocab_size": 64`, `"vocab_size": 64, "rope_theta": null`, "rope_theta: has the wrong type"},
		{`"rope_theta": 10000.0`, `"rope_theta": null`, "rope_parameters.rope_theta: has the wrong type"},
		{`"rms_norm_eps": 1e-05`, `"rms_norm_eps": null`, "rms_norm_eps: is null"},
		{`{`, ``, "malformed JSON"},
		{`"initializer_range": 0.02`, `"initializer_range": NaN`, "NaN and Infinity"},
		{`"rms_norm_eps": 1e-05`, `"RMS_norm_eps": 0.5, "rms_norm_eps": 0`, "rms_norm_eps"},
	} {
		t.Run(c.changed, func(t *testing.T) {
			dir := t.TempDir()
			text := strings.Replace(string(good), c.old, c.changed, 1)
			if text == string(good) {
				t.Fatalf("%s is not in the file", c.old)
			}
			if err := os.WriteFile(filepath.Join(dir, model.ConfigName), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := model.ReadConfig(dir)
			if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want the file and %q", err, c.want)
			}
		})
	}
	if _, err := model.ReadConfig(filepath.Join(goldenDir, "lora_lm")); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "it is an adapter") {
		t.Errorf("an adapter: %v", err)
	}
	if _, err := model.ReadConfig(t.TempDir()); exit.Of(err) != exit.Usage {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestLeftOutKeysHaveTransformersDefaults(t *testing.T) {
	c, err := parseConfig([]byte(`{"model_type":"llama","hidden_size":6,"intermediate_size":4,"num_hidden_layers":1,"num_attention_heads":3,"vocab_size":5,"eos_token_id":[2,3]}`))
	want := Config{
		HiddenSize: 6, IntermediateSize: 4, NumHiddenLayers: 1, NumAttentionHeads: 3, NumKeyValueHeads: 3, HeadDim: 2, VocabSize: 5,
		MaxPositionEmbeddings: 2048, RMSNormEps: 1e-6, RopeTheta: 10000, InitializerRange: 0.02, BosTokenID: 1, PadTokenID: -1, EosTokenIDs: []int32{2, 3},
	}
	if diff := cmp.Diff(want, c); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, file := range []string{filepath.Join(goldenDir, "hf", model.ConfigName), filepath.Join(kindsDir, "rope_theta_in_two_places", "model", model.ConfigName), filepath.Join(kindsDir, "generation_config", "model", "generation_config.json")} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		unknownKeys(data)
		c, err := parseConfig(data)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := c.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := parseConfig(b.Bytes())
		if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}
