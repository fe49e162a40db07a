package label

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// SetFile is the file of a label set.
const SetFile = "labels.json"

// Counted is what labels.json lists: the labels in the order of their numbers, which
// is that of their texts, and of their first rows where the whole table is listed.
type Counted struct {
	MinCount int      `json:"min_count"` // train admissions a label must have
	Labels   []string `json:"labels"`
	Counts   []int64  `json:"counts"` // train admissions of each label, all where the whole table is listed
	// Unmapped are the codes without a label, each behind its version of ICD, such as
	// 10:Y828, with the number of their rows.
	Unmapped map[string]int64 `json:"unmapped,omitempty"`
}

// tally is what label.set and label.task_set count. As JSON its keys are ordered, so equal
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

func newTally() *tally { return &tally{Labels: map[string]*support{}, Unmapped: map[string]int64{}} }

// of is the support of a label, to be added to.
func (t *tally) of(label string) *support {
	if t.Labels[label] == nil {
		t.Labels[label] = &support{}
	}
	return t.Labels[label]
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

// ordered are the labels, as text.
func (t *tally) ordered() []string { return slices.Sorted(maps.Keys(t.Labels)) }

// list is those of the labels that enough train admissions have.
func (t *tally) list(labels []string, minCount int) Counted {
	list := Counted{MinCount: minCount, Unmapped: t.Unmapped}
	for _, label := range labels {
		if n := t.Labels[label].Train; n >= int64(minCount) {
			list.Labels, list.Counts = append(list.Labels, label), append(list.Counts, n)
		}
	}
	return list
}

// tallied is what the stages that count labels have in common.
type tallied struct{}

// Merge adds the tallies of the parts.
func (tallied) Merge(_ context.Context, _ stages.Inputs, _ string, accumulators [][]byte) ([]byte, error) {
	sum, err := sumOf(accumulators)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sum)
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
