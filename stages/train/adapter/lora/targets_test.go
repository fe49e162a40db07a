package lora

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages/train/adapter"
)

// small is a model of eleven layers of two linear ones, and modules that are none.
func small() adapter.Base {
	b := adapter.Base{ModelType: "llama", Bare: []string{"model.layers.0.mlp.act_fn"}}
	for i := range 11 {
		for _, name := range []string{"self_attn.q_proj", "mlp.down_proj"} {
			b.Layers = append(b.Layers, adapter.Layer{Name: fmt.Sprintf("model.layers.%d.%s", i, name), In: 2, Out: 2})
		}
	}
	return b
}

// Which layers PEFT adapts: q0 is the q_proj of layer 0, d10 the down_proj of layer 10. The
// options are the parity tests' too, against PEFT itself.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string // layers, or a part of the error
	}{
		{Config{TargetModules: []string{"q_proj"}}, "q0 q1 q2 q3 q4 q5 q6 q7 q8 q9 q10"},
		{Config{TargetModules: []string{"1.self_attn.q_proj", "model.layers.3.mlp.down_proj"}}, "q1 d3"},
		{Config{TargetModules: []string{"q_proj", "down_proj"}, LayersToTransform: []int{1, 10}}, "q1 d1 q10 d10"},
		{Config{TargetModules: []string{"q_proj"}, LayersToTransform: []int{0}, LayersPattern: []string{"blocks", "l[a-z]*s"}}, "q0"},
		{Config{TargetModules: []string{"q_proj"}, LayersToTransform: []int{0}, LayersPattern: []string{"blocks"}}, "no linear layer is left"},
		{Config{TargetModules: []string{"q_proj"}, LayersToTransform: []int{11}}, "no linear layer is left"},
		{Config{TargetModules: []string{"model.layers.3.self_attn.q_proj", "down_proj"}, LayersToTransform: []int{1}}, "d1 q3"},
		{Config{TargetPattern: `model\.layers\.(2|10)\.(?:self_attn|mlp)\.[^.]*_proj`}, "q2 d2 q10 d10"},
		{Config{TargetPattern: `.*down_proj$`, ExcludePattern: `.*\.\d\..*`}, "d10"},
		{Config{TargetPattern: "All-Linear", ExcludeModules: []string{"q_proj", "10.mlp.down_proj"}}, "d0 d1 d2 d3 d4 d5 d6 d7 d8 d9"},
		{Config{TargetPattern: NoModules}, ""},
		{Config{TargetPattern: "q_proj"}, "no linear layer is left"},
		{Config{TargetPattern: `.*mlp\..*`}, "target_modules: the pattern matches model.layers.0.mlp.act_fn too"},
		{Config{TargetPattern: `.*mlp\..*`, ExcludeModules: []string{"act_fn"}}, "d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 d10"},
		{Config{TargetPattern: `.*(?=q_proj)q_proj`}, `target_modules: the pattern ".*(?=q_proj)q_proj" has "(?="`},
		{Config{TargetPattern: `(.)\1.*`}, `has "\\1"`},
		{Config{TargetPattern: `.*(?<!mlp\.)down_proj`}, `has "(?<"`},
		{Config{TargetPattern: `.*\Z`}, `has "\\Z"`},
		{Config{TargetPattern: `.*[[:alpha:]]`}, `has "[:"`},
		{Config{TargetPattern: `.{,90}q_proj`}, `has "{,"`},
		{Config{TargetPattern: `^*q_proj`}, `has "^*"`},
		{Config{TargetPattern: `.*\bq_proj`}, `has "\\b"`},
		{Config{TargetPattern: `q_proj)|(?:x`}, "is no regular expression"},
		{Config{TargetPattern: `(q_proj`}, "is no regular expression"},
		{Config{TargetModules: []string{"q_proj"}, ExcludePattern: `(?i)Q_PROJ`}, `exclude_modules: the pattern "(?i)Q_PROJ"`},
		{Config{TargetModules: []string{"q_proj"}, LayersToTransform: []int{1}, LayersPattern: []string{"("}}, "layers_pattern: the pattern"},
	} {
		layers, err := c.config.targets(small())
		if err != nil {
			if !strings.Contains(err.Error(), c.want) || c.want == "" {
				t.Errorf("%+v: %v, want %q", c.config, err, c.want)
			}
			continue
		}
		var got []string
		for _, l := range layers {
			parts := strings.Split(l.Name, ".")
			got = append(got, parts[len(parts)-1][:1]+parts[2])
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%+v: %s", c.config, diff)
		}
	}
}

func TestDefaultTargetsAreOfTheModelType(t *testing.T) {
	base := small()
	base.ModelType = "gpt2"
	if _, err := (Config{}).For(base); err == nil || !strings.Contains(err.Error(), `model_type "gpt2"`) {
		t.Error(err)
	}
	base.ModelType = "bert"
	c, err := (Config{R: 3}).For(base)
	if diff := cmp.Diff(Config{R: 3, TargetModules: []string{"query", "value"}}, c); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// PEFT refuses even an empty list of layers beside a pattern.
func TestLayersGoWithNames(t *testing.T) {
	for _, key := range []string{"layers_to_transform", "layers_pattern"} {
		_, err := adapter.ParseConfig(fmt.Appendf(nil, `{"peft_type":"LORA","target_modules":"all-linear",%q:[]}`, key))
		if err == nil || !strings.Contains(err.Error(), key+": goes with a list") {
			t.Error(err)
		}
	}
}

// The first pattern that matches counts, wherever the name's end begins with a word.
func TestPatterns(t *testing.T) {
	ranks := Patterns[int]{{`layers\.1\..*`, 3}, {"q_proj", 4}, {"_proj", 5}, {"model.layers.2.mlp.down_proj", 6}}
	for layer, want := range map[string]int{
		"model.layers.1.self_attn.q_proj": 3, "model.layers.0.self_attn.q_proj": 4, "model.layers.0.self_attn.k_proj": 9,
		"model.layers.2.mlp.down_proj": 6, "model.layers.11.mlp.down_proj": 9,
	} {
		if got, err := ranks.of(layer, 9); got != want || err != nil {
			t.Errorf("%s: %d, %v, want %d", layer, got, err, want)
		}
	}
	_, err := Config{R: 1, RankPattern: Patterns[int]{{`(?=q)`, 3}}, TargetModules: []string{"q_proj"}}.Build(nil, small())
	if err == nil || !strings.Contains(err.Error(), "rank_pattern: the pattern") {
		t.Error(err)
	}
}

// What is not refused matches what Python's re does (oracle/pattern_golden.py).
func TestPatternsArePythons(t *testing.T) {
	var golden struct {
		Names    []string
		Patterns [][3]*string // the pattern, and a digit a name: 1 where it matches
	}
	data, err := os.ReadFile("testdata/patterns.json")
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for _, p := range golden.Patterns {
		for i, around := range [][2]string{{`^(?:`, `)$`}, {`^(.*\.)?(`, `)$`}} {
			re, err := pythons(around[0], *p[0], around[1])
			if err != nil {
				continue
			}
			accepted++
			var got strings.Builder
			for _, name := range golden.Names {
				fmt.Fprint(&got, map[bool]int{true: 1}[re.MatchString(name)])
			}
			if want := p[i+1]; want == nil || got.String() != *want {
				t.Errorf("%s: matches %s of the names, in Python %v", *p[0], got.String(), want)
			}
		}
	}
	if accepted < len(golden.Patterns)/2 {
		t.Errorf("%d patterns are accepted", accepted)
	}
}
