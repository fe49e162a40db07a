package sentencepiece

import (
	"cmp"
	"container/heap"
	"unicode/utf8"
)

// trainingWord is a word as symbols, and how often it occurs.
type trainingWord struct {
	symbols []int32
	count   int64
}

// pair is two neighbouring symbols.
type pair struct{ left, right int32 }

// pairState is what is known of a pair.
type pairState struct {
	count  int64
	queued int64   // the count under which it last entered the agenda
	words  []int32 // where it occurs; a word may be listed twice or no longer hold it
}

// pairTrainer finds merges. It keeps the count of every pair up to date, word
// by word, instead of counting anew at each step.
type pairTrainer struct {
	texts     []string         // by symbol
	symbols   map[string]int32 // by text
	words     []trainingWord
	pairs     map[pair]*pairState
	agenda    pairAgenda
	maxLength int
	touched   []pair // pairs counted up in the current step
}

func newPairTrainer(words *Words, alphabet []string, maxLength int) *pairTrainer {
	t := &pairTrainer{symbols: map[string]int32{}, pairs: map[pair]*pairState{}, maxLength: maxLength}
	t.agenda.trainer = t
	for _, c := range alphabet {
		t.symbol(c)
	}
	t.words = words.sortedWords(t.symbols)
	for i := range t.words {
		t.countWord(int32(i), 1)
	}
	t.queueTouched()
	return t
}

func (t *pairTrainer) symbol(text string) int32 {
	id, ok := t.symbols[text]
	if !ok {
		id = int32(len(t.texts))
		t.texts, t.symbols[text] = append(t.texts, text), id
	}
	return id
}

// merge returns the texts of up to n new pieces in the order of merging.
func (t *pairTrainer) merge(n int) []string {
	var pieces []string
	for len(pieces) < n {
		p, ok := t.next()
		if !ok {
			break
		}
		text := t.texts[p.left] + t.texts[p.right]
		// Another pair may have made the same piece before.
		if _, known := t.symbols[text]; !known {
			pieces = append(pieces, text)
		}
		t.apply(p, t.symbol(text))
	}
	return pieces
}

// next returns the best pair, false where none occurs twice.
func (t *pairTrainer) next() (pair, bool) {
	for len(t.agenda.entries) > 0 {
		e := heap.Pop(&t.agenda).(agendaEntry)
		switch state := t.pairs[e.pair]; {
		case e.count < 2:
			return pair{}, false
		case e.count == state.count:
			return e.pair, true
		case e.count == state.queued: // its count fell since
			t.queue(e.pair, state)
		}
	}
	return pair{}, false
}

// apply replaces a pair by its symbol in all words.
func (t *pairTrainer) apply(p pair, merged int32) {
	for _, i := range t.pairs[p].words {
		if !holds(t.words[i].symbols, p) {
			continue
		}
		t.countWord(i, -1)
		t.words[i].symbols = replacePair(t.words[i].symbols, p, merged)
		t.countWord(i, 1)
	}
	t.pairs[p].words = nil
	t.queueTouched()
}

func holds(symbols []int32, p pair) bool {
	for k := 1; k < len(symbols); k++ {
		if symbols[k-1] == p.left && symbols[k] == p.right {
			return true
		}
	}
	return false
}

func replacePair(symbols []int32, p pair, merged int32) []int32 {
	out := symbols[:0]
	for i := 0; i < len(symbols); i++ {
		if i+1 < len(symbols) && symbols[i] == p.left && symbols[i+1] == p.right {
			out = append(out, merged)
			i++
		} else {
			out = append(out, symbols[i])
		}
	}
	return out
}

// countWord adds a word's pairs to the counts, or takes them off for sign -1.
func (t *pairTrainer) countWord(i int32, sign int64) {
	w := t.words[i]
	for k := 1; k < len(w.symbols); k++ {
		p := pair{w.symbols[k-1], w.symbols[k]}
		state := t.pairs[p]
		if state == nil {
			state = &pairState{}
			t.pairs[p] = state
		}
		state.count += sign * w.count
		if sign > 0 {
			if n := len(state.words); n == 0 || state.words[n-1] != i {
				state.words = append(state.words, i)
			}
			t.touched = append(t.touched, p)
		}
	}
}

// queueTouched puts the pairs whose count rose on the agenda. Those whose count
// fell are found out when they come up.
func (t *pairTrainer) queueTouched() {
	for _, p := range t.touched {
		if state := t.pairs[p]; state.count > state.queued {
			t.queue(p, state)
		}
	}
	t.touched = t.touched[:0]
}

func (t *pairTrainer) queue(p pair, state *pairState) {
	length := utf8.RuneCountInString(t.texts[p.left]) + utf8.RuneCountInString(t.texts[p.right])
	state.queued = state.count
	if length <= t.maxLength {
		heap.Push(&t.agenda, agendaEntry{p, state.count, length, t.texts[p.left] + t.texts[p.right]})
	}
}

// agendaEntry is a pair under the count that it had when it was queued.
type agendaEntry struct {
	pair   pair
	count  int64
	length int // characters
	text   string
}

// pairAgenda is a heap, the pair to merge next first.
type pairAgenda struct {
	trainer *pairTrainer
	entries []agendaEntry
}

func (a *pairAgenda) Len() int      { return len(a.entries) }
func (a *pairAgenda) Swap(i, j int) { a.entries[i], a.entries[j] = a.entries[j], a.entries[i] }
func (a *pairAgenda) Push(e any)    { a.entries = append(a.entries, e.(agendaEntry)) }
func (a *pairAgenda) Pop() any {
	last := len(a.entries) - 1
	e := a.entries[last]
	a.entries = a.entries[:last]
	return e
}

func (a *pairAgenda) Less(i, j int) bool {
	x, y := a.entries[i], a.entries[j]
	return cmp.Or(
		cmp.Compare(y.count, x.count),
		cmp.Compare(x.length, y.length),
		cmp.Compare(x.text, y.text),
		cmp.Compare(a.trainer.texts[x.pair.left], a.trainer.texts[y.pair.left]),
	) < 0
}
