package card

import (
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// besides is how counts of splits are told, [splits], where those of the others stand
// beside them.
type besides struct {
	labels                     [][]smallcell.Count // [splits][labels]
	patients, sectioned, dated []smallcell.Count
}

func (t *tally) besides(of task.Task) besides {
	return besides{
		labels:    t.labelsBeside(of),
		patients:  t.amongExamples(func(s *bySplit) int64 { return s.Patients }),
		sectioned: t.amongExamples(func(s *bySplit) int64 { return s.Sectioned }),
		dated:     t.amongExamples(func(s *bySplit) int64 { return s.Dated }),
	}
}

// labelsBeside tells the examples of each class beside those of the other splits. How many
// have one label of several is told of no split but by this card, so that its sum over the
// splits is not known.
func (t *tally) labelsBeside(of task.Task) [][]smallcell.Count {
	bySplit, byLabel := make([][]smallcell.Count, len(split.Names)), make([][]int64, of.NumLabels())
	for i, name := range split.Names {
		if of.Multilabel() {
			bySplit[i] = smallcell.Labels(t.Join["examples."+name], t.Splits[name].Labels)
			continue
		}
		for label, n := range t.Splits[name].Labels {
			byLabel[label] = append(byLabel[label], n)
		}
	}
	for _, label := range smallcell.Table(byLabel) {
		for i, n := range label {
			bySplit[i] = append(bySplit[i], n)
		}
	}
	return bySplit
}

// amongExamples tells a count of each split, of which and the rest the examples are the
// sum: of patients, the rest came again.
func (t *tally) amongExamples(count func(*bySplit) int64) []smallcell.Count {
	var counts, rest []int64
	for _, name := range split.Names {
		n := count(t.Splits[name])
		counts, rest = append(counts, n), append(rest, t.Join["examples."+name]-n)
	}
	return smallcell.Table([][]int64{counts, rest})[0]
}
