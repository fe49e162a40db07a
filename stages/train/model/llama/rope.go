package llama

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/stages/train/graph"
)

// defaultTheta is RotaryEmbeddingConfigMixin's.
const defaultTheta = 10000.0

// The values of rope_type.
const (
	plainRope  = "default"
	linearRope = "linear"
	llama3Rope = "llama3"
)

// RopeScaling stretches the rotary embeddings of a model over more positions than it was
// first trained on; the zero value leaves them as they are.
type RopeScaling struct {
	Type   string  // linear or llama3
	Factor float64 // slow frequencies are divided by it, with linear all
	// Of llama3: a frequency that turns more than HighFreqFactor times in
	// OriginalPositions tokens is left, one that turns less than LowFreqFactor times is
	// slow, and between them it is a mean of both.
	LowFreqFactor, HighFreqFactor float64
	OriginalPositions             int
}

// frequencies are the inverse frequencies of the rotary embeddings of dim columns, as
// transformers computes them (_compute_llama3_parameters of modeling_rope_utils.py).
func (s RopeScaling) frequencies(dim int, theta float64) []float64 {
	freqs := graph.RopeFreqs(dim, theta)
	for i, f := range freqs {
		switch s.Type {
		case linearRope:
			freqs[i] = f / s.Factor
		case llama3Rope:
			turns := float64(s.OriginalPositions) * f / (2 * math.Pi)
			left := min(max((turns-s.LowFreqFactor)/(s.HighFreqFactor-s.LowFreqFactor), 0), 1)
			freqs[i] = (1-left)*f/s.Factor + left*f
		}
	}
	return freqs
}

func (s RopeScaling) check() error {
	switch {
	case s.Type == "":
		return nil
	case !(s.Factor > 0):
		return fmt.Errorf("rope_scaling.factor: is %g, must be above 0", s.Factor)
	case s.Type == linearRope:
		return nil
	case !(s.LowFreqFactor > 0) || !(s.HighFreqFactor > s.LowFreqFactor):
		return fmt.Errorf("rope_scaling.low_freq_factor: is %g, must be above 0 and below high_freq_factor %g", s.LowFreqFactor, s.HighFreqFactor)
	case s.OriginalPositions < 1:
		return fmt.Errorf("rope_scaling.original_max_position_embeddings: is %d, must be at least 1", s.OriginalPositions)
	}
	return nil
}

// keys are those of rope_scaling in a config.json, nil for none.
func (s RopeScaling) keys() map[string]any {
	switch s.Type {
	case linearRope:
		return map[string]any{"rope_type": s.Type, "factor": s.Factor}
	case llama3Rope:
		return map[string]any{
			"rope_type": s.Type, "factor": s.Factor, "low_freq_factor": s.LowFreqFactor,
			"high_freq_factor": s.HighFreqFactor, "original_max_position_embeddings": s.OriginalPositions,
		}
	default:
		return nil
	}
}

// ropeParameters is rope_scaling of transformers 4 or rope_parameters of 5.
type ropeParameters map[string]json.RawMessage

// rope is the base of the rotary embeddings' angles and how they are stretched, found as
// transformers 5 finds it: a rope_scaling that is not empty stands for rope_parameters,
// and its rope_theta before the one of the configuration itself.
func (f *configFile) rope(path string) (theta float64, s RopeScaling, err error) {
	key, rope := "rope_scaling", f.RopeScaling
	if len(rope) == 0 {
		key, rope = "rope_parameters", f.RopeParameters
	}
	theta = defaultTheta
	if !number(f.RopeTheta, &theta) {
		return 0, s, errors.New("rope_theta: has the wrong type, want a number")
	}
	outer := theta
	if !number(rope["rope_theta"], &theta) {
		return 0, s, fmt.Errorf("%s.rope_theta: has the wrong type, want a number", key)
	}
	if f.RopeTheta != nil && theta != outer {
		log.Warn().Msgf("%s: rope_theta is %g, and %g in %s, which is used, as transformers 5 does", path, outer, theta, key)
	}
	if s, err = rope.scaling(f.MaxPositionEmbeddings); err != nil {
		return 0, s, fmt.Errorf("%s.%w", key, err)
	}
	return theta, s, nil
}

// number reads a value that is there. null is none: transformers cannot compute with it.
func number(raw json.RawMessage, dst any) bool {
	return len(raw) == 0 || string(raw) != "null" && json.Unmarshal(raw, dst) == nil
}

// scaling reads what stretches the angles of a model of that many positions.
func (r ropeParameters) scaling(positions int) (s RopeScaling, err error) {
	kind, err := r.kind()
	if err != nil {
		return s, err
	}
	numbers := map[string]any{}
	switch kind {
	case plainRope:
		return s, r.refuseOthers(numbers)
	case linearRope:
	case llama3Rope:
		numbers["low_freq_factor"], numbers["high_freq_factor"] = &s.LowFreqFactor, &s.HighFreqFactor
		numbers["original_max_position_embeddings"], s.OriginalPositions = &s.OriginalPositions, positions
	default:
		return s, fmt.Errorf("rope_type: is %q; supported: %s, %s, %s", kind, plainRope, linearRope, llama3Rope)
	}
	s.Type, numbers["factor"] = kind, &s.Factor
	for _, key := range slices.Sorted(maps.Keys(numbers)) {
		if r[key] == nil && key != "original_max_position_embeddings" {
			return s, fmt.Errorf("%s: is missing", key)
		}
		if !number(r[key], numbers[key]) {
			return s, fmt.Errorf("%s: has the wrong type, want a number", key)
		}
	}
	return s, r.refuseOthers(numbers)
}

// kind is rope_type, which old configurations call type.
func (r ropeParameters) kind() (string, error) {
	for _, key := range []string{"rope_type", "type"} {
		kind := ""
		switch raw, given := r[key]; {
		case !given:
		case !number(raw, &kind):
			return "", fmt.Errorf("%s: has the wrong type, want a name", key)
		default:
			return kind, nil
		}
	}
	return plainRope, nil
}

// refuseOthers refuses what is set beside the numbers of a rope_type.
func (r ropeParameters) refuseOthers(numbers map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(r)) {
		raw := string(r[key])
		neutral := raw == "null" || (key == "factor" || key == "partial_rotary_factor") && (raw == "1" || raw == "1.0")
		if _, known := numbers[key]; !known && !neutral && !slices.Contains([]string{"rope_theta", "rope_type", "type"}, key) {
			return fmt.Errorf("%s: is set to %s, which is not supported with this rope_type", key, raw)
		}
	}
	return nil
}
