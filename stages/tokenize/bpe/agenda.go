package bpe

// Agenda are the merges that may be made next, a binary heap: that of the least Order is
// taken first.
type Agenda []Candidate

// Candidate is a merge of two neighbouring symbols.
type Candidate struct {
	Order uint64 // what is merged first, and in its lower half the place of the left symbol
	Other int32  // what else the merge is known by
	Size  int32  // of both symbols; where it is no longer theirs the candidate is stale
}

// Left is the place of the left symbol.
func (c Candidate) Left() int32 { return int32(uint32(c.Order)) }

// Push puts a merge on the agenda.
func (a *Agenda) Push(c Candidate) {
	list := append(*a, c)
	i := len(list) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if c.Order >= list[parent].Order {
			break
		}
		list[i] = list[parent]
		i = parent
	}
	list[i] = c
	*a = list
}

// Pop takes the first merge off the agenda, which is not empty.
func (a *Agenda) Pop() Candidate {
	list := *a
	top, last := list[0], len(list)-1
	c := list[last]
	list = list[:last]
	i := 0
	for child := 1; child < last; child = 2*i + 1 {
		if child+1 < last && list[child+1].Order < list[child].Order {
			child++
		}
		if list[child].Order >= c.Order {
			break
		}
		list[i] = list[child]
		i = child
	}
	if last > 0 {
		list[i] = c
	}
	*a = list
	return top
}
