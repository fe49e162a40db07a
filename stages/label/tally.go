package label

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// tally is what label.set counts. As JSON its keys are ordered, so equal
// tallies have equal bytes.
type tally struct {
	Admissions int64               `json:"admissions"` // with a label
	Ignored    int64               `json:"ignored"`    // rows without one
	Unmapped   map[string]int64    `json:"unmapped"`   // of these the rows of each code
	Labels     map[string]*support `json:"labels"`
}

// support is the number of admissions that have a label, and its first row in the source.
type support struct {
	All   int64 `json:"all"`
	Train int64 `json:"train"` // of train patients, or of all where no split counts
	First int64 `json:"first"`
}

// see takes the row of a code's labels.
func (t *tally) see(labels []string, row int64) {
	for _, label := range labels {
		t.of(label).sawAt(row)
	}
}

// sawAt keeps the first of the rows.
func (s *support) sawAt(row int64) {
	if s.First == 0 || row < s.First {
		s.First = row
	}
}

func newTally() *tally { return &tally{Labels: map[string]*support{}, Unmapped: map[string]int64{}} }

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

// ignore adds rows without a label.
func (t *tally) ignore(rows []mimic.Code) {
	t.Ignored += int64(len(rows))
	for i := range rows {
		if code := rows[i].ICDCode; code != "" {
			t.Unmapped[strconv.Itoa(int(rows[i].ICDVersion))+":"+code]++
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
		for code, n := range part.Unmapped {
			sum.Unmapped[code] += n
		}
		for label, n := range part.Labels {
			s := sum.of(label)
			s.All += n.All
			s.Train += n.Train
			s.sawAt(n.First)
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
