package llama

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/stages/train/model"
)

// defaultTheta is LlamaConfig's.
const defaultTheta = 10000.0

// ropeParameters is rope_scaling of transformers 4 or rope_parameters of 5.
type ropeParameters map[string]json.RawMessage

// theta is the base of the rotary embeddings' angles, found as transformers 5 finds
// it: a rope_scaling that is not empty stands for rope_parameters, and its rope_theta
// before the one of the configuration itself.
func (f *configFile) theta() (float64, error) {
	key, rope := "rope_scaling", f.RopeScaling
	if len(rope) == 0 {
		key, rope = "rope_parameters", f.RopeParameters
	}
	if err := rope.plain(); err != nil {
		return 0, fmt.Errorf("%s: %w", key, err)
	}
	theta := defaultTheta
	if !number(f.RopeTheta, &theta) {
		return 0, errors.New("rope_theta: has the wrong type, want a number")
	}
	outer := theta
	if !number(rope["rope_theta"], &theta) {
		return 0, fmt.Errorf("%s.rope_theta: has the wrong type, want a number", key)
	}
	if f.RopeTheta != nil && theta != outer {
		log.Warn().Msgf("%s: rope_theta is %g, and %g in %s, which is used, as transformers 5 does", model.ConfigName, outer, theta, key)
	}
	return theta, nil
}

// number reads a number that is there. null is none: transformers cannot compute with it.
func number(raw json.RawMessage, dst *float64) bool {
	return len(raw) == 0 || string(raw) != "null" && json.Unmarshal(raw, dst) == nil
}

// plain refuses what would change the angles from theta's powers.
func (r ropeParameters) plain() error {
	for _, key := range slices.Sorted(maps.Keys(r)) {
		raw := string(r[key])
		ok := raw == "null"
		switch key {
		case "rope_theta":
			ok = true
		case "rope_type", "type":
			ok = ok || raw == `"default"`
		case "factor", "partial_rotary_factor":
			ok = ok || raw == "1" || raw == "1.0"
		}
		if !ok {
			return fmt.Errorf("%s: is set to %s; only plain rotary embeddings are supported: no rope_scaling, or rope_type default with a rope_theta", key, raw)
		}
	}
	return nil
}
