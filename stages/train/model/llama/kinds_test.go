package llama

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

// kindsDir holds folders as others write them, and what transformers and PEFT compute
// with them (oracle/folder_kinds.py).
const kindsDir = "../testdata/kinds"

// logged is what is logged while f runs.
func logged(f func()) string {
	var text bytes.Buffer
	before := log.Logger
	defer func() { log.Logger = before }()
	log.Logger = zerolog.New(&text)
	f()
	return text.String()
}

func TestFoldersOfEveryKindComputeWhatTransformersComputes(t *testing.T) {
	told := map[string]string{ // two sources of one fact that differ are told
		"tied_with_its_own_head": "tie_word_embeddings", "rope_theta_in_two_places": "rope_theta is 900",
	}
	folders := must(os.ReadDir(kindsDir))(t)
	for _, folder := range folders {
		kind := folder.Name()
		if kind == "generation_config" {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			text := logged(func() { compareWithTransformers(t, filepath.Join(kindsDir, kind)) })
			if want := told[kind]; want == "" && text != "" || !strings.Contains(text, want) {
				t.Errorf("logged %q, want %q", text, want)
			}
		})
	}
	if len(folders) != 15 {
		t.Errorf("%d kinds", len(folders))
	}
}

func compareWithTransformers(t *testing.T, dir string) {
	var golden struct {
		Texts  [][]int32
		Logits [][][]float64
	}
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(dir, "expected.json")))(t), &golden); err != nil {
		t.Fatal(err)
	}
	adapters, err := filepath.Glob(filepath.Join(dir, "adapter"))
	if err != nil {
		t.Fatal(err)
	}
	in := inspect(t, filepath.Join(dir, "model"), adapters...)
	for i, ids := range golden.Texts {
		got := must(in.Logits(ids))(t)
		if len(got) != len(golden.Logits[i]) {
			t.Fatalf("text %d: %d rows, want %d", i, len(got), len(golden.Logits[i]))
		}
		for j, row := range golden.Logits[i] {
			for k, want := range row {
				if difference := math.Abs(float64(got[j][k]) - want); !(difference < 1e-4) {
					t.Fatalf("text %d, row %d: logit %d is %g off", i, j, k, difference)
				}
			}
		}
	}
}

func TestGenerationFollowsItsOwnConfiguration(t *testing.T) {
	dir := filepath.Join(kindsDir, "generation_config")
	var golden struct {
		Begin   int32
		Written []int32
	}
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(dir, "expected.json")))(t), &golden); err != nil {
		t.Fatal(err)
	}
	in := inspect(t, filepath.Join(dir, "model"))
	begin := must(in.Begin(-1, -1))(t)
	got := must(in.Generate([]int32{begin}, 12))(t)
	if begin != golden.Begin || string(must(json.Marshal(got))(t)) != string(must(json.Marshal(golden.Written))(t)) {
		t.Errorf("from %d: %v, want from %d: %v", begin, got, golden.Begin, golden.Written)
	}
}

// withFile copies the golden model with one more file, or another configuration.
func withFile(t *testing.T, name, text, old, changed string) string {
	t.Helper()
	dir := folderWith(t, func(config string, _ map[string]checkpoint.Tensor) string {
		return strings.Replace(config, old, changed, 1)
	})
	if name != "" {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhereATextBegins(t *testing.T) {
	const bos, none = `"bos_token_id": 1`, `"bos_token_id": null`
	for name, c := range map[string]struct {
		generation, config string
		tokenizer, want    int32
		told, refused      string
		end                int32
	}{
		"the configuration's":   {"", bos, 1, 1, "", "", 2},
		"the tokenizer's":       {"", none, 5, 5, "", "", 2},
		"none":                  {"", none, -1, 0, "", "bos_token_id is missing", 2},
		"two that differ":       {"", bos, 5, 1, "<s> is 5", "", 2},
		"ends that differ":      {"", bos, 1, 1, "</s> is 9", "", 9},
		"an end less":           {`{"eos_token_id": [5]}`, bos, 1, 1, "</s> is 2", "", 2},
		"outside":               {"", `"bos_token_id": 64`, -1, 0, "", "outside the vocabulary of 64", 2},
		"generation_config":     {`{"bos_token_id": 7, "do_sample": true}`, bos, 7, 7, "", "", 2},
		"no word twice":         {`{"no_repeat_ngram_size": 2}`, bos, 1, 0, "", "no_repeat_ngram_size", 2},
		"other words":           {`{"repetition_penalty": 1.1}`, bos, 1, 0, "", "repetition_penalty", 2},
		"the likeliest word":    {`{"repetition_penalty": 1, "no_repeat_ngram_size": 0}`, bos, 1, 1, "", "", 2},
		"a malformed one":       {`{`, bos, 1, 0, "", "malformed", 2},
		"an end that is no id":  {`{"eos_token_id": "</s>"}`, bos, 1, 0, "", "eos_token_id", 2},
		"a beginning of a text": {`{"bos_token_id": "<s>"}`, bos, 1, 0, "", "bos_token_id", 2},
	} {
		t.Run(name, func(t *testing.T) {
			file := ""
			if c.generation != "" {
				file = "generation_config.json"
			}
			dir := withFile(t, file, c.generation, bos, c.config)
			in := inspect(t, dir)
			var got int32
			var err error
			text := logged(func() { got, err = in.Begin(c.tokenizer, c.end) })
			if c.refused != "" {
				if code := exit.Of(err); code != exit.Usage && code != exit.BadData || !strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), dir) {
					t.Errorf("got %v, want the folder and %q", err, c.refused)
				}
				return
			}
			if err != nil || got != c.want || c.told == "" && text != "" || !strings.Contains(text, c.told) {
				t.Errorf("begins with %d, %v; logged %q, want %d and %q", got, err, text, c.want, c.told)
			}
		})
	}
}

func TestModelsThatAreRefusedByName(t *testing.T) {
	set := func(name string, value float32) func(string, map[string]checkpoint.Tensor) string {
		return func(config string, tensors map[string]checkpoint.Tensor) string {
			values := tensors[name].Values
			values[len(values)-1] = value
			return config
		}
	}
	const norm, down = "model.norm.weight", "model.layers.1.mlp.down_proj.weight"
	for name, c := range map[string]struct {
		dir  string
		code exit.Code
		want string
	}{
		"an adapter beside it": {withFile(t, "adapter_config.json", "{}", "", ""), exit.Usage, "adapter_config.json"},
		"a norm of NaN":        {folderWith(t, set(norm, float32(math.NaN()))), exit.BadData, norm},
		"an infinite weight":   {folderWith(t, set(down, float32(math.Inf(-1)))), exit.BadData, down},
	} {
		_, err := model.Inspect(t.Context(), must(cpu.New(cpu.Options{}))(t), c.dir, nil)
		if exit.Of(err) != c.code || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.dir) {
			t.Errorf("%s: got %v, want the folder and %q", name, err, c.want)
		}
	}
}

// A length is told as it was given, not as the graphs round it.
func TestTheLengthOfATextThatIsTooLong(t *testing.T) {
	in := inspect(t, withFile(t, "", "", `"max_position_embeddings": 64`, `"max_position_embeddings": 4`))
	if _, err := in.Logits(make([]int32, 7)); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "7 tokens") {
		t.Error(err)
	}
	if got, err := in.Logits(make([]int32, 4)); err != nil || len(got) != 4 {
		t.Errorf("%d rows, %v", len(got), err)
	}
}

func TestLogitsBeyondFloat32(t *testing.T) {
	in := inspect(t, folderWith(t, func(config string, tensors map[string]checkpoint.Tensor) string {
		for i := range tensors[headName].Values {
			tensors[headName].Values[i] = 3e38
		}
		return config
	}))
	if _, err := in.Logits([]int32{1, 7}); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "logits are not finite") {
		t.Error(err)
	}
}
