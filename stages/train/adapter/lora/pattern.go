package lora

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// notAlike finds what Python's re and Go's regexp read differently, or one of them not at
// all, in a regular expression for names of modules: groups that are more than (?: ),
// such as those that look ahead; escapes of letters other than d, s and w, and of digits,
// such as references to groups; \d and its like before -; classes in [: :]; {,n}; a repeated
// ^ or $.
var notAlike = regexp.MustCompile(`\(\?[^:]|\\[a-ce-rt-vx-zA-CE-RT-VX-Z0-9]|\\[dswDSW]-|\[:|\{,|[$^][*+?{]`)

// pythons compiles a regular expression of Python's between two of ours. A fault is told
// behind the key that it stands under.
func pythons(before, pattern, after string) (*regexp.Regexp, error) {
	if part := notAlike.FindString(pattern); part != "" {
		return nil, fmt.Errorf("the pattern %q has %q, which Python and this program do not read alike; write it without, or list the layers", pattern, part)
	}
	_, alone := regexp.Compile(pattern)
	re, err := regexp.Compile(before + pattern + after)
	if alone != nil || err != nil {
		return nil, fmt.Errorf("the pattern %q is no regular expression of this program; write it in another way, or list the layers", pattern)
	}
	return re, nil
}

// wholeName matches whole names, as re.fullmatch does.
func wholeName(pattern string) (*regexp.Regexp, error) { return pythons(`^(?:`, pattern, `)$`) }

// Pattern is a value for the layers whose names end in what a regular expression matches.
type Pattern[V int | float64] struct {
	Layers string `json:"layers" doc:"A regular expression for the end of a layer's name, or for all of it."`
	Value  V      `json:"value" doc:"What these layers get."`
}

// Patterns are rank_pattern or alpha_pattern: the first that matches a layer counts.
type Patterns[V int | float64] []Pattern[V]

// of is a layer's value, or the one that all have (PEFT's get_pattern_key).
func (ps Patterns[V]) of(layer string, otherwise V) (V, error) {
	for _, p := range ps {
		re, err := pythons(`^(.*\.)?(`, p.Layers, `)$`)
		if err != nil {
			return otherwise, err
		}
		if re.MatchString(layer) {
			return p.Value, nil
		}
	}
	return otherwise, nil
}

// MarshalJSON writes an object in the order of the patterns, which decides.
func (ps Patterns[V]) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, p := range ps {
		key, err := json.Marshal(p.Layers)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads an object in its order. A key that is there twice has, as Python
// reads it, the last value.
func (ps *Patterns[V]) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("want an object of patterns, got %v", open)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		p := Pattern[V]{Layers: key.(string)} // a key is nothing else
		if err := dec.Decode(&p.Value); err != nil {
			return err
		}
		if i := slices.IndexFunc(*ps, func(q Pattern[V]) bool { return q.Layers == p.Layers }); i >= 0 {
			(*ps)[i] = p
			continue
		}
		*ps = append(*ps, p)
	}
	return nil
}
