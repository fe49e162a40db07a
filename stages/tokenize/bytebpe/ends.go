package bytebpe

import "math/bits"

// ends are where the first words of text end: bit i is set where one does before byte i.
// They are those that its first rowBytes bytes alone tell, and of them those before the
// first that is not ASCII: there may be none.
func (s *scanner) ends(text []byte) uint64 {
	var m marks
	m.take(text)
	starts := s.starts(&m, text)
	if m.size == len(text) {
		return (starts&(1<<m.size-1) | 1<<m.size) &^ 1
	}
	return starts & m.certain() &^ 1
}

// starts are where words begin.
func (s *scanner) starts(m *marks, text []byte) (starts uint64) {
	others := m.others &^ ((m.others | m.spaces) << 1) // where their words begin, with no space before them
	if s.modern {
		starts = m.modernStarts(others) | numberStarts(m.numbers, s.digits)
	} else {
		starts = m.gpt2Starts()
	}
	for at := m.apostrophes & others & (m.letters >> 1); at != 0; at &= at - 1 {
		from := bits.TrailingZeros64(at)
		if size := contraction(text[from:], s.modern); size > 0 {
			starts = starts&^(2<<from) | 1<<(from+size)
		}
	}
	return starts
}

// gpt2Starts are by GPT-2's expression, contractions left out.
func (m *marks) gpt2Starts() uint64 {
	spaces := m.blanks | m.newlines
	starts := spaces&^(spaces<<1) | spaces&(m.visible()>>1)
	for _, kind := range [...]uint64{m.letters, m.numbers, m.others} {
		starts |= kind &^ ((kind | m.spaces) << 1)
	}
	return starts
}

// modernStarts are by the expressions of Llama 3 and Qwen2, contractions and numbers
// left out. Addition carries a bit through those of a kind that stand together.
func (m *marks) modernStarts(others uint64) uint64 {
	letters := m.letters &^ ((m.letters | m.blanks | others) << 1)
	behind := m.newlines & (m.others << 1) // newlines go with others before them
	spaces := m.blanks | m.newlines&(m.newlines+behind)
	lasts := m.blanks & (m.visible() >> 1) // go with letters or others behind them
	return others | letters | spaces&^(spaces<<1) | lasts | m.lineStarts()
}

// lineStarts are the blanks behind the last newline of some spaces.
func (m *marks) lineStarts() uint64 {
	starts := m.blanks & (m.newlines << 1)
	for more := (starts + m.blanks) &^ m.blanks & m.newlines; more != 0; more &= more - 1 {
		starts &^= 1 << bits.Len64(starts&(more&-more-1)) >> 1 // this newline is behind them
	}
	return starts
}

// numberStarts are where words of numbers begin, which have most characters at most.
func numberStarts(numbers uint64, most int) uint64 {
	starts, long := numbers&^(numbers<<1), numbers
	for range most {
		long &= long << 1
	}
	for more := starts << most & long; more != 0; more = more << most & long {
		starts |= more
	}
	return starts
}
