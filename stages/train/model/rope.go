package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/rs/zerolog/log"
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
	if f.RopeTheta != nil {
		theta = *f.RopeTheta
	}
	outer := theta
	if raw, ok := rope["rope_theta"]; ok && json.Unmarshal(raw, &theta) != nil {
		return 0, fmt.Errorf("%s.rope_theta: has the wrong type", key)
	}
	if f.RopeTheta != nil && theta != outer {
		log.Warn().Msgf("%s: rope_theta is %g, and %g in %s, which is used, as transformers 5 does", ConfigName, outer, theta, key)
	}
	return theta, nil
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
