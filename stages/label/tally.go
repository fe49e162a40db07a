package label

import (
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
)

// tally is what label.set counts. As JSON its keys are ordered, so equal
// tallies have equal bytes.
type tally struct {
	Admissions int64               `json:"admissions"` // with a label
	Ignored    int64               `json:"ignored"`    // rows without one
	Labels     map[string]*support `json:"labels"`
}

// support is the number of admissions that have a label.
type support struct {
	All   int64 `json:"all"`
	Train int64 `json:"train"` // of train patients
}

func newTally() *tally { return &tally{Labels: map[string]*support{}} }

// of is the support of a label, to be added to.
func (t *tally) of(label string) *support {
	if t.Labels[label] == nil {
		t.Labels[label] = &support{}
	}
	return t.Labels[label]
}

// count adds an admission with its labels.
func (t *tally) count(labels []string, train bool) {
	t.Admissions++
	for _, label := range labels {
		s := t.of(label)
		s.All++
		if train {
			s.Train++
		}
	}
}

// sumOf adds tallies up.
func sumOf(accumulators [][]byte) (*tally, error) {
	sum := newTally()
	for _, value := range accumulators {
		var part tally
		if err := json.Unmarshal(value, &part); err != nil {
			return nil, fmt.Errorf("read a tally of labels: %w", err)
		}
		sum.Admissions += part.Admissions
		sum.Ignored += part.Ignored
		for label, n := range part.Labels {
			s := sum.of(label)
			s.All += n.All
			s.Train += n.Train
		}
	}
	return sum, nil
}

// record puts the tally's counts into the manifest.
func (t *tally) record(out *dataset.Writer) {
	out.Count("admissions", t.Admissions)
	out.Count("distinct_codes", int64(len(t.Labels)))
	out.Count(countIgnoredCodes, t.Ignored)
	for _, s := range t.Labels {
		out.Count("pairs", s.All)
	}
}
