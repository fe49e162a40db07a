package lora

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/stages/train/adapter"
)

// PEFT's own words in place of a regular expression: every linear layer but the output
// head, and none.
const (
	AllLinear = "all-linear"
	NoModules = "dummy-target-modules"
)

// defaultTargets are what PEFT adapts of a model_type where target_modules is null
// (TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING of peft 0.21).
var defaultTargets = map[string][]string{
	"bert": {"query", "value"}, "llama": {"q_proj", "v_proj"}, "mistral": {"q_proj", "v_proj"}, "qwen2": {"q_proj", "v_proj"},
}

// For implements adapter.Resolver.
func (c Config) For(base adapter.Base) (adapter.MethodConfig, error) {
	if c.TargetPattern == "" && len(c.TargetModules) == 0 {
		c.TargetModules = defaultTargets[base.ModelType]
		if c.TargetModules == nil {
			return nil, fmt.Errorf("target_modules: is left out, and PEFT has none for model_type %q; name the layers", base.ModelType)
		}
	}
	return c, nil
}

// checkLayers refuses what PEFT does: a choice of layers by number goes with names alone.
func (c Config) checkLayers() error {
	switch {
	case c.TargetPattern != "" && c.LayersToTransform != nil:
		return errors.New("layers_to_transform: goes with a list of target_modules, not with a pattern")
	case c.TargetPattern != "" && c.LayersPattern != nil:
		return errors.New("layers_pattern: goes with a list of target_modules, not with a pattern")
	case len(c.LayersPattern) > 0 && len(c.LayersToTransform) == 0:
		return errors.New("layers_pattern: goes with layers_to_transform")
	}
	return nil
}

// targets are the layers that get an update, chosen as PEFT's check_target_module_exists
// does.
func (c Config) targets(base adapter.Base) ([]adapter.Layer, error) {
	if c.TargetPattern == NoModules {
		return nil, nil
	}
	named, err := c.excluded()
	if err != nil {
		return nil, err
	}
	excluded := func(module string) bool { return named(module) || base.Saved(module) }
	targeted, err := c.targeted(base, excluded)
	if err != nil {
		return nil, err
	}
	layers := slices.DeleteFunc(slices.Clone(base.Layers), func(l adapter.Layer) bool { return excluded(l.Name) || !targeted(l.Name) })
	if len(layers) == 0 {
		return nil, errors.New("target_modules: no linear layer is left to adapt; see exclude_modules, layers_to_transform and modules_to_save too")
	}
	return layers, nil
}

// choice says whether a module is chosen by its name.
type choice func(module string) bool

func (c Config) excluded() (choice, error) {
	if c.ExcludePattern == "" {
		return func(module string) bool { return endsInOne(module, c.ExcludeModules) }, nil
	}
	re, err := wholeName(c.ExcludePattern)
	if err != nil {
		return nil, fmt.Errorf("exclude_modules: %w", err)
	}
	return re.MatchString, nil
}

func (c Config) targeted(base adapter.Base, excluded choice) (choice, error) {
	names := c.TargetModules
	switch {
	case strings.EqualFold(c.TargetPattern, AllLinear):
		return func(string) bool { return true }, nil
	case c.TargetPattern != "":
		return matching(c.TargetPattern, base, excluded)
	}
	for _, name := range names {
		if !slices.ContainsFunc(base.Layers, func(l adapter.Layer) bool { return endsIn(l.Name, name) }) {
			return nil, fmt.Errorf("target_modules: the model has no linear layer %q that can be adapted", name)
		}
	}
	numbered, err := c.numbered()
	return func(module string) bool {
		return slices.Contains(names, module) || endsInOne(module, names) && numbered(module)
	}, err
}

// matching is a regular expression, which must match no other module than linear layers:
// PEFT adapts an embedding or an output head otherwise, and refuses all else.
func matching(pattern string, base adapter.Base, excluded choice) (choice, error) {
	re, err := wholeName(pattern)
	if err != nil {
		return nil, fmt.Errorf("target_modules: %w", err)
	}
	for _, module := range base.Modules() {
		linear := slices.ContainsFunc(base.Layers, func(l adapter.Layer) bool { return l.Name == module })
		if !linear && !excluded(module) && re.MatchString(module) {
			return nil, fmt.Errorf("target_modules: the pattern matches %s too, which is no linear layer that can be adapted", module)
		}
	}
	return re.MatchString, nil
}

// numbered says whether the first number in a module's name is one of LayersToTransform.
func (c Config) numbered() (choice, error) {
	if len(c.LayersToTransform) == 0 {
		return func(string) bool { return true }, nil
	}
	patterns := []*regexp.Regexp{regexp.MustCompile(`^.*?\.[^.]*\.(?P<idx>\d+)\.`)}
	if len(c.LayersPattern) > 0 {
		patterns = nil
	}
	for _, p := range c.LayersPattern {
		re, err := pythons(`^(?:^|.*?\.)`, p, `\.(?P<idx>\d+)\.`)
		if err != nil {
			return nil, fmt.Errorf("layers_pattern: %w", err)
		}
		patterns = append(patterns, re)
	}
	return func(module string) bool {
		for _, re := range patterns {
			if found := re.FindStringSubmatch(module); found != nil {
				n, err := strconv.Atoi(found[re.SubexpIndex("idx")])
				return err == nil && slices.Contains(c.LayersToTransform, n)
			}
		}
		return false
	}, nil
}

func endsIn(module, name string) bool { return module == name || strings.HasSuffix(module, "."+name) }

func endsInOne(module string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return endsIn(module, name) })
}
