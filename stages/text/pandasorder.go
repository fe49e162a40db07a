package text

import "math/bits"

// pandasOrder orders notes, which are in the order of their rows, by day, as pandas 1.5's
// sort_values does: those without a day come last as they were, those of one day as
// numpy's introsort happens to leave them.
func pandasOrder(notes []listedNote) []listedNote {
	var dated, undated []listedNote
	for _, n := range notes {
		if n.Day == 0 {
			undated = append(undated, n)
		} else {
			dated = append(dated, n)
		}
	}
	ordered := make([]listedNote, 0, len(notes))
	for _, i := range argsort(dated) {
		ordered = append(ordered, dated[i])
	}
	return append(ordered, undated...)
}

// The greatest number of places that numpy sorts by insertion, less one.
const smallSort = 15

// argsort is the order that numpy's argsort gives to an object array (npy_aquicksort in
// numpy/core/src/npysort/quicksort.cpp, 1.20 to 1.26): quicksort with the median of
// three, the smaller side first, insertion below 17 places, and a heap where the sides
// stay uneven for twice as many turns as the number has bits. Which of several equal
// notes comes first depends on each of these.
func argsort(notes []listedNote) []int {
	s := &introsort{notes, make([]int, len(notes))}
	for i := range s.order {
		s.order[i] = i
	}
	s.sort(0, len(notes)-1, 2*(bits.Len(uint(len(notes)))-1))
	return s.order
}

type introsort struct {
	notes []listedNote
	order []int
}

func (s *introsort) less(a, b int) bool { return s.notes[a].Day < s.notes[b].Day }

func (s *introsort) swap(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] }

// sort orders the places first to last. Both sides of a partition have a turn less; the
// larger waits.
func (s *introsort) sort(first, last, turns int) {
	type span struct{ first, last, turns int }
	waiting := []span{{first, last, turns}}
	for len(waiting) > 0 {
		now := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if now.turns < 0 {
			s.heap(s.order[now.first : now.last+1])
			continue
		}
		for now.last-now.first > smallSort {
			now.turns--
			middle := s.partition(now.first, now.last)
			if middle-now.first < now.last-middle {
				waiting = append(waiting, span{middle + 1, now.last, now.turns})
				now.last = middle - 1
			} else {
				waiting = append(waiting, span{now.first, middle - 1, now.turns})
				now.first = middle + 1
			}
		}
		s.insert(now.first, now.last)
	}
}

// partition puts the median of three places where it belongs and says where that is.
func (s *introsort) partition(first, last int) int {
	middle := first + (last-first)/2
	for _, pair := range [][2]int{{middle, first}, {last, middle}, {middle, first}} {
		if s.less(s.order[pair[0]], s.order[pair[1]]) {
			s.swap(pair[0], pair[1])
		}
	}
	pivot := s.order[middle]
	s.swap(middle, last-1)
	i, j := first, last-1
	for {
		for i++; s.less(s.order[i], pivot) && i < j; i++ {
		}
		for j--; s.less(pivot, s.order[j]) && i < j; j-- {
		}
		if i >= j {
			s.swap(i, last-1)
			return i
		}
		s.swap(i, j)
	}
}

// insert orders few places.
func (s *introsort) insert(first, last int) {
	for i := first + 1; i <= last; i++ {
		moved, at := s.order[i], i
		for ; at > first && s.less(moved, s.order[at-1]); at-- {
			s.order[at] = s.order[at-1]
		}
		s.order[at] = moved
	}
}

// heap orders places by a heap whose top is the greatest.
func (s *introsort) heap(places []int) {
	n := len(places)
	for root := n / 2; root > 0; root-- {
		s.sink(places[:n], root, places[root-1])
	}
	for n > 1 {
		n--
		moved := places[n]
		places[n] = places[0]
		s.sink(places[:n], 1, moved)
	}
}

// sink puts a value into a heap at a root, counted from 1, or as far below it as it
// belongs.
func (s *introsort) sink(heap []int, root, value int) {
	at := root
	for child := 2 * at; child <= len(heap); child = 2 * at {
		if child < len(heap) && s.less(heap[child-1], heap[child]) {
			child++
		}
		if !s.less(value, heap[child-1]) {
			break
		}
		heap[at-1], at = heap[child-1], child
	}
	heap[at-1] = value
}
