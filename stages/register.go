package stages

import (
	"encoding/json"
	"fmt"
)

// RegisterSource adds a source stage to Default. It is called from an init function.
// build makes the stage from its configuration; most stages ignore the environment.
// It panics on a name taken twice or a malformed configuration struct.
func RegisterSource[C any](s Spec, build func(*Environment, C) (Source, error)) {
	Default.Add(DefineSource(s, build))
}

// RegisterMap adds a map stage to Default.
func RegisterMap[C any](s Spec, build func(*Environment, C) (Map, error)) {
	Default.Add(DefineMap(s, build))
}

// RegisterReduce adds a reduce stage to Default.
func RegisterReduce[C any](s Spec, build func(*Environment, C) (Reduce, error)) {
	Default.Add(DefineReduce(s, build))
}

// RegisterJob adds a job stage to Default.
func RegisterJob[C any](s Spec, build func(*Environment, C) (Job, error)) {
	Default.Add(DefineJob(s, build))
}

// DefineSource completes the spec of a source stage, for an environment of one's own.
func DefineSource[C any](s Spec, build func(*Environment, C) (Source, error)) Spec {
	return define(s, ShapeSource, build)
}

// DefineMap completes the spec of a map stage.
func DefineMap[C any](s Spec, build func(*Environment, C) (Map, error)) Spec {
	return define(s, ShapeMap, build)
}

// DefineReduce completes the spec of a reduce stage.
func DefineReduce[C any](s Spec, build func(*Environment, C) (Reduce, error)) Spec {
	return define(s, ShapeReduce, build)
}

// DefineJob completes the spec of a job stage.
func DefineJob[C any](s Spec, build func(*Environment, C) (Job, error)) Spec {
	return define(s, ShapeJob, build)
}

func define[C, S any](s Spec, shape Shape, build func(*Environment, C) (S, error)) Spec {
	s.Shape = shape
	s.config = FieldsOf[C]
	s.config() // panics where C is malformed
	s.build = func(e *Environment, resolved []byte) (any, error) {
		var config C
		if err := json.Unmarshal(resolved, &config); err != nil {
			return nil, fmt.Errorf("read resolved configuration: %w", err)
		}
		return build(e, config)
	}
	return s
}
