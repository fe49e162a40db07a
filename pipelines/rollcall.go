package pipelines

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// rollCallKey is the key of what says who must be there. No stage's key begins
// with a NUL byte.
const rollCallKey = "\x00roll call"

// faultKey is the key of faults, in place of results.
const faultKey = "\x00fault"

// faultsIn are the faults among merged accumulators.
func faultsIn(merged []accumulator) (faults []fault, err error) {
	for _, m := range merged {
		if m.Key != faultKey {
			continue
		}
		var f fault
		if err := json.Unmarshal(m.Value, &f); err != nil {
			return nil, fmt.Errorf("read a fault: %w", err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

// rollCall says how many parts were accumulated and which keys they gave. A reduce
// is finished only where all of them have arrived: prism may run what follows a
// failed bundle, on what there is, before it ends the pipeline.
type rollCall struct {
	Parts int      `json:"parts"`
	Keys  []string `json:"keys"` // ordered, each once
}

// withRollCall adds a part's own roll call to its accumulators.
func withRollCall(accumulators []accumulator, part int) ([]accumulator, error) {
	keys := map[string]bool{}
	for _, a := range accumulators {
		keys[a.Key] = true
	}
	value, err := json.Marshal(rollCall{1, slices.Sorted(maps.Keys(keys))})
	return append(accumulators, accumulator{part, rollCallKey, value}), err
}

// mergeRollCalls joins the roll calls of parts.
func mergeRollCalls(values [][]byte) ([]byte, error) {
	sum, keys := rollCall{}, map[string]bool{}
	for _, value := range values {
		var r rollCall
		if err := json.Unmarshal(value, &r); err != nil {
			return nil, fmt.Errorf("read a roll call: %w", err)
		}
		sum.Parts += r.Parts
		for _, key := range r.Keys {
			keys[key] = true
		}
	}
	sum.Keys = slices.Sorted(maps.Keys(keys))
	return json.Marshal(sum)
}

// answered returns the results where all parts and keys are there, ordered by key.
func answered(merged []accumulator, parts int) ([]stages.Keyed, error) {
	var called rollCall
	results := []stages.Keyed{}
	for _, m := range merged {
		if m.Key != rollCallKey {
			results = append(results, stages.Keyed{Key: m.Key, Value: m.Value})
			continue
		}
		if err := json.Unmarshal(m.Value, &called); err != nil {
			return nil, fmt.Errorf("read a roll call: %w", err)
		}
	}
	here := slices.EqualFunc(results, called.Keys, func(r stages.Keyed, key string) bool { return r.Key == key })
	if called.Parts != parts || !here {
		return nil, exit.Errorf(exit.Failed, "%d of %d parts and %d of %d keys are there; nothing was committed", called.Parts, parts, len(results), len(called.Keys))
	}
	return results, nil
}
