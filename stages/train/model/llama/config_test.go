package llama

import (
	"bytes"
	"fmt"
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
		heads := kv * size.Draw(rt, "heads")
		want := Config{
			Class: Class(rapid.IntRange(0, len(classes)-1).Draw(rt, "class")), HiddenSize: heads * size.Draw(rt, "hidden"),
			IntermediateSize: size.Draw(rt, "intermediate"), NumHiddenLayers: size.Draw(rt, "layers"), NumAttentionHeads: heads,
			NumKeyValueHeads: kv, HeadDim: 2 * size.Draw(rt, "half"), VocabSize: size.Draw(rt, "vocab"),
			MaxPositionEmbeddings: size.Draw(rt, "positions"), RMSNormEps: rapid.Float64Range(1e-9, 1).Draw(rt, "eps"),
			RopeTheta: rapid.Float64Range(1, 1e6).Draw(rt, "theta"), InitializerRange: rapid.Float64Range(0, 1).Draw(rt, "std"),
			TieWordEmbeddings: rapid.Bool().Draw(rt, "tied"), BosTokenID: rapid.Int32Range(-1, 9).Draw(rt, "bos"),
			EosTokenIDs: rapid.SliceOfN(rapid.Int32Range(0, 9), 1, 3).Draw(rt, "eos"),
		}
		want.PadTokenID = rapid.Int32Range(-1, int32(want.VocabSize)-1).Draw(rt, "pad")
		want.AttentionDropout = rapid.Float64Range(0, 0.9).Draw(rt, "dropout")
		switch want.Class {
		case Llama:
			want.AttentionBias, want.MLPBias = rapid.Bool().Draw(rt, "attention bias"), rapid.Bool().Draw(rt, "mlp bias")
		case Mistral:
			want.SlidingWindow = rapid.IntRange(0, 9).Draw(rt, "window")
		case Qwen2:
			if want.SlidingWindow = rapid.IntRange(0, 9).Draw(rt, "window"); want.SlidingWindow > 0 {
				kind := rapid.SampledFrom([]string{fullAttention, slidingAttention})
				want.LayerTypes = append(rapid.SliceOfN(kind, want.NumHiddenLayers-1, want.NumHiddenLayers-1).Draw(rt, "layer types"), slidingAttention)
			}
		}
		factor := rapid.Float64Range(1, 9)
		want.RopeScaling = rapid.SampledFrom([]RopeScaling{
			{}, {Type: linearRope, Factor: factor.Draw(rt, "factor")},
			{Type: llama3Rope, Factor: factor.Draw(rt, "factor"), LowFreqFactor: factor.Draw(rt, "low"), HighFreqFactor: 10, OriginalPositions: size.Draw(rt, "original")},
		}).Draw(rt, "rope")
		var b bytes.Buffer
		if err := want.Write(&b); err != nil {
			rt.Fatal(err)
		}
		got, err := parseConfig(want.Class, "", b.Bytes())
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
		{`"model_type": "llama"`, `"model_type": "qwen3"`, `model_type: is "qwen3"; supported: llama, mistral, qwen2`},
		{`"use_cache": true`, `"is_causal": null`, "is_causal: is null"},
		{`"hidden_size": 32`, `"hidden_size": 33`, "num_attention_heads: 4 does not divide hidden_size 33"},
		{`"silu"`, `"gelu"`, "hidden_act"},
		{`"rope_type": "default"`, `"rope_type": "llama3"`, "rope_parameters.factor"},
		{`"pad_token_id": 0`, `"rope_scaling": {"type": "longrope", "factor": 2}`, "rope_scaling.rope_type"},
		{`"attention_dropout": 0.0`, `"attention_dropout": 1.0`, "attention_dropout: is 1"},
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
		{`"rms_norm_eps": 1e-05`, `"RMS_norm_eps": null, "rms_norm_eps": 0`, "rms_norm_eps"},
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
	want := Config{
		HiddenSize: 6, IntermediateSize: 4, NumHiddenLayers: 1, NumAttentionHeads: 3, NumKeyValueHeads: 3, HeadDim: 2, VocabSize: 5,
		MaxPositionEmbeddings: 2048, RMSNormEps: 1e-6, RopeTheta: 10000, InitializerRange: 0.02, BosTokenID: 1, PadTokenID: -1, EosTokenIDs: []int32{2},
	}
	qwen2 := want
	qwen2.Class, qwen2.MaxPositionEmbeddings, qwen2.BosTokenID, qwen2.EosTokenIDs = Qwen2, 32768, -1, nil
	qwen2.NumAttentionHeads, qwen2.NumKeyValueHeads, qwen2.HiddenSize = 32, 32, 64
	mistral := want
	mistral.Class, mistral.MaxPositionEmbeddings, mistral.SlidingWindow = Mistral, 131072, 4096
	mistral.NumAttentionHeads, mistral.NumKeyValueHeads, mistral.HiddenSize = 8, 8, 16
	for _, want := range []Config{want, qwen2, mistral} {
		file := fmt.Sprintf(`{"hidden_size":%d,"intermediate_size":4,"num_hidden_layers":1,"num_attention_heads":%d,"vocab_size":5}`, want.HiddenSize, want.NumAttentionHeads)
		c, err := parseConfig(want.Class, "", []byte(file))
		if diff := cmp.Diff(want, c); diff != "" || err != nil {
			t.Error(want.Class, diff, err)
		}
	}
}

// Qwen2Config and MistralConfig.
func TestWhereTheSlidingWindowIs(t *testing.T) {
	const one = slidingAttention
	for _, c := range []struct {
		class  Class
		keys   string
		want   int
		layers []string
		fault  string
	}{
		{Mistral, `"sliding_window": null`, 0, nil, ""},
		{Mistral, `"sliding_window": 7`, 7, nil, ""},
		{Mistral, `"sliding_window": 0`, 0, nil, "sliding_window: is 0"},
		{Mistral, `"use_sliding_window": true`, 0, nil, "use_sliding_window"},
		{Qwen2, `"sliding_window": 7`, 0, nil, ""},
		{Qwen2, `"sliding_window": 7, "use_sliding_window": true`, 0, nil, ""}, // from layer 28 on
		{Qwen2, `"sliding_window": 7, "use_sliding_window": true, "max_window_layers": 1`, 7, []string{fullAttention, one}, ""},
		{Qwen2, `"sliding_window": null, "use_sliding_window": true, "max_window_layers": 0`, 0, nil, ""},
		{Qwen2, `"use_sliding_window": true, "layer_types": ["sliding_attention", "full_attention"]`, 4096, []string{one, fullAttention}, ""},
		{Qwen2, `"layer_types": ["full_attention", "full_attention"]`, 0, nil, ""},
		{Qwen2, `"layer_types": ["full_attention", "sliding_attention"]`, 0, nil, "layer_types: has sliding_attention"},
		{Qwen2, `"layer_types": ["full_attention"]`, 0, nil, "layer_types: has 1 layers"},
		{Qwen2, `"layer_types": ["full_attention", "chunked_attention"]`, 0, nil, `layer_types: "chunked_attention"`},
	} {
		file := `{"hidden_size":64,"intermediate_size":4,"num_hidden_layers":2,"num_attention_heads":32,"vocab_size":5,` + c.keys + `}`
		got, err := parseConfig(c.class, "", []byte(file))
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: got %v, want %q", c.keys, err, c.fault)
			}
			continue
		}
		if err != nil || got.SlidingWindow != c.want || !cmp.Equal(got.LayerTypes, c.layers) {
			t.Errorf("%s: window %d of %q, %v", c.keys, got.SlidingWindow, got.LayerTypes, err)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, file := range []string{filepath.Join(goldenDir, "hf", model.ConfigName), filepath.Join(kindsDir, "rope_theta_in_two_places", "model", model.ConfigName), filepath.Join(kindsDir, "generation_config", "model", "generation_config.json"),
		filepath.Join(oursDir, "llama3", model.ConfigName), filepath.Join(oursDir, "qwen2", model.ConfigName), filepath.Join(oursDir, "mistral", model.ConfigName)} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for class := range classes {
			c, err := parseConfig(Class(class), "", data)
			if err != nil {
				continue
			}
			var b bytes.Buffer
			if err := c.Write(&b); err != nil {
				t.Fatal(err)
			}
			again, err := parseConfig(c.Class, "", b.Bytes())
			if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Error(diff, err)
			}
		}
	})
}
