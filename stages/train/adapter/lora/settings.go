package lora

import (
	"regexp"

	"github.com/clinflow/clinflow/stages/train/adapter"
)

// Settings are the method's keys of `peft` in a DAG file. r, alpha and dropout are
// LoraConfig's r, lora_alpha and lora_dropout, the others have its names.
type Settings struct {
	R                 int                `json:"r" default:"8" min:"1" doc:"Rank of the update."`
	Alpha             float64            `json:"alpha" default:"16" doc:"The update is multiplied by alpha/r."`
	Dropout           float64            `json:"dropout" default:"0" min:"0" max:"1" doc:"Dropout on the input of the update."`
	TargetModules     []string           `json:"target_modules,omitempty" doc:"Linear layers that get an update, by the ends of their names. [all-linear]: every one but the output head. A regular expression for whole names stands alone: ['.*\\.layers\\.[0-7]\\..*_proj']. Left out: those that PEFT takes for the model_type, q_proj and v_proj of LLaMA, query and value of BERT."`
	ExcludeModules    []string           `json:"exclude_modules,omitempty" doc:"Layers of target_modules that get none, named in the same two ways."`
	LayersToTransform []int              `json:"layers_to_transform,omitempty" min:"0" doc:"Numbers of the model's layers that get updates, from 0. Left out: all. It goes with target_modules by name."`
	LayersPattern     []string           `json:"layers_pattern,omitempty" doc:"What stands before a layer's number in its name, such as layers, where layers_to_transform is given. Left out: anything."`
	RankPattern       []Pattern[int]     `json:"rank_pattern,omitempty" doc:"Ranks of some layers, {layers, value} each; layers is a regular expression for the end of a layer's name. The first that matches counts."`
	AlphaPattern      []Pattern[float64] `json:"alpha_pattern,omitempty" doc:"Alphas of some layers, written as in rank_pattern."`
	UseRSLoRA         bool               `json:"use_rslora,omitempty" doc:"The update is multiplied by alpha/√r."`
	Bias              string             `json:"bias,omitempty" enum:"none,all,lora_only" doc:"Biases of the base that are trained along: none, all, or those of the layers that get an update. Left out: none."`
	InitLoraWeights   string             `json:"init_lora_weights,omitempty" enum:"true,gaussian,false" doc:"How the update begins. true: A uniform, B zero. gaussian: A normal with deviation 1/r, B zero. false: both uniform, so that the model begins changed. Left out: true."`
}

// Method implements adapter.Settings.
func (s Settings) Method(name string) adapter.MethodConfig {
	c := Config{
		R: s.R, LoraAlpha: s.Alpha, LoraDropout: s.Dropout, LayersToTransform: s.LayersToTransform, LayersPattern: s.LayersPattern,
		RankPattern: s.RankPattern, AlphaPattern: s.AlphaPattern, UseRSLoRA: s.UseRSLoRA, Bias: s.Bias, Init: s.InitLoraWeights,
	}
	c.TargetModules, c.TargetPattern = namesOrPattern(s.TargetModules)
	c.ExcludeModules, c.ExcludePattern = namesOrPattern(s.ExcludeModules)
	if name == None {
		c.TargetModules, c.TargetPattern = nil, NoModules
	}
	return c
}

// plainName is a name of modules: what is more is a regular expression, or all-linear.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_.]*$`)

// namesOrPattern tells a list of names from a pattern that stands alone.
func namesOrPattern(list []string) (names []string, pattern string) {
	if len(list) == 1 && !plainName.MatchString(list[0]) {
		return nil, list[0]
	}
	return list, ""
}
