package stages

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

var registry = map[string]Spec{}

// RegisterSource registers a source stage. It is called from an init function
// and panics on a name taken twice or a malformed configuration struct.
func RegisterSource[C any](s Spec, build func(C) (Source, error)) { register(s, ShapeSource, build) }

// RegisterMap registers a map stage.
func RegisterMap[C any](s Spec, build func(C) (Map, error)) { register(s, ShapeMap, build) }

// RegisterReduce registers a reduce stage.
func RegisterReduce[C any](s Spec, build func(C) (Reduce, error)) { register(s, ShapeReduce, build) }

// RegisterJob registers a job stage.
func RegisterJob[C any](s Spec, build func(C) (Job, error)) { register(s, ShapeJob, build) }

func register[C, S any](s Spec, shape Shape, build func(C) (S, error)) {
	if _, taken := registry[s.Name]; taken {
		panic("stage registered twice: " + s.Name)
	}
	s.Shape = shape
	s.config = FieldsOf[C]()
	s.build = func(resolved []byte) (any, error) {
		var config C
		if err := json.Unmarshal(resolved, &config); err != nil {
			return nil, fmt.Errorf("read resolved configuration: %w", err)
		}
		return build(config)
	}
	registry[s.Name] = s
}

// Lookup finds a registered stage.
func Lookup(name string) (Spec, bool) {
	s, ok := registry[name]
	return s, ok
}

// Names lists the registered stages in order.
func Names() []string { return slices.Sorted(maps.Keys(registry)) }
