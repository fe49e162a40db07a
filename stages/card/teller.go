package card

import (
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/task"
)

// teller says of counts what may be told.
type teller struct {
	show bool // all
	hide bool // all that are not zero: they would add up to a number that is hidden
}

// within tells the parts of a number that is told so.
func (t teller) within(n smallcell.Count) teller {
	t.hide = t.hide || n.Hidden()
	return t
}

func (t teller) count(n int64) smallcell.Count {
	switch {
	case t.show:
		return smallcell.Count(n)
	case t.hide && n > 0:
		return smallcell.Untold
	}
	return smallcell.Of(n)
}

// part is n of a number of examples; the rest of them may be few too.
func (t teller) part(n, of int64) smallcell.Count {
	if t.show || t.hide || n > of {
		return t.count(n)
	}
	return smallcell.Parts([]int64{n, of - n})[0]
}

// parts are the parts of a number of examples.
func (t teller) parts(list []int64) []smallcell.Count {
	if !t.show && !t.hide {
		return smallcell.Parts(list)
	}
	told := make([]smallcell.Count, len(list))
	for i, n := range list {
		told[i] = t.count(n)
	}
	return told
}

func (t teller) partOf(name string, n, of int64) Part { return partOf(name, t.part(n, of), n, of) }

// partOf tells the share where the count is told.
func partOf(name string, told smallcell.Count, n, of int64) Part {
	p := Part{Name: name, N: told}
	if !told.Hidden() && of > 0 {
		share := float64(n) / float64(of)
		p.Share = &share
	}
	return p
}

// beside tells a count as it is told beside those of the other splits, unless all are
// shown or hidden.
func (t teller) beside(told smallcell.Count, n int64) smallcell.Count {
	if t.show || t.hide {
		return t.count(n)
	}
	return told
}

// labels are the examples of each label among n of a split, told so beside those of the
// other splits.
func (t teller) labels(of task.Task, told []smallcell.Count, counts []int64, n int64) []Part {
	parts := make([]Part, len(counts))
	for i, name := range of.Labels {
		parts[i] = partOf(name, t.beside(told[i], counts[i]), counts[i], n)
	}
	return parts
}
