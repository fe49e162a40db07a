package llama

import (
	"fmt"
	"slices"
)

// The layer_types of a Qwen2.
const (
	fullAttention    = "full_attention"
	slidingAttention = "sliding_attention"
)

// window is the sliding window in tokens, 0 for none, and which layers of a Qwen2 have
// it, as transformers finds them (Qwen2Config, MistralConfig). The attention here has no
// window: see Limits.
func (f *configFile) window(class Class) (tokens int, layers []string, err error) {
	switch {
	case class == Llama:
		return 0, nil, nil
	case f.SlidingWindow != nil && *f.SlidingWindow < 1:
		return 0, nil, fmt.Errorf("sliding_window: is %d, must be at least 1, or null for none", *f.SlidingWindow)
	case class == Mistral && f.SlidingWindow != nil:
		return *f.SlidingWindow, nil, nil
	case class == Mistral:
		return 0, nil, nil
	}
	given := f.SlidingWindow != nil && f.UseSlidingWindow
	layers = f.LayerTypes
	if layers == nil && given {
		layers = f.lastLayers()
	}
	sliding, err := f.sliding(layers, given)
	if err != nil || !sliding {
		return 0, nil, err
	}
	return *f.SlidingWindow, layers, nil
}

// lastLayers are the types of layers where those from max_window_layers on have the window.
func (f *configFile) lastLayers() []string {
	layers := make([]string, max(f.NumHiddenLayers, 0))
	for i := range layers {
		layers[i] = fullAttention
		if i >= f.MaxWindowLayers {
			layers[i] = slidingAttention
		}
	}
	return layers
}

// sliding says whether a layer has a window.
func (f *configFile) sliding(layers []string, given bool) (bool, error) {
	for _, l := range layers {
		if l != fullAttention && l != slidingAttention {
			return false, fmt.Errorf("layer_types: %q is not supported; give %s or %s", l, fullAttention, slidingAttention)
		}
	}
	sliding := slices.Contains(layers, slidingAttention)
	switch {
	case layers != nil && len(layers) != f.NumHiddenLayers:
		return false, fmt.Errorf("layer_types: has %d layers, num_hidden_layers is %d", len(layers), f.NumHiddenLayers)
	case sliding && !given:
		return false, fmt.Errorf("layer_types: has %s, and use_sliding_window and sliding_window give no window", slidingAttention)
	}
	return sliding, nil
}
