package added

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a part of a text: a token's, or one Between tokens. A start of -1 is
// that of the blank which is thought of before the text. A token's may begin after
// its end, where the token before took blanks along with which this one begins.
type Span struct {
	Start, End int
	ID         int32 // of the token; Between: of none
}

// Between is the ID of a Span between tokens.
const Between = -1

// space stands for U+0020 inside pieces.
const space = "\u2581"

// Matcher finds tokens in texts as the tokenizers library does: the leftmost, of
// several that begin there the longest, then on from its end.
type Matcher struct {
	Options
	byFirst [256][]Token // by the first byte, the longest first
	firsts  []byte       // the bytes that tokens begin with
}

// Options say how a Matcher finds tokens.
type Options struct {
	SplitSpecial bool // special tokens are text
	// Blanks: the tokens are looked for as if each blank of the text were U+2581.
	// The text itself is left as it is, so that none of it is copied.
	Blanks bool
}

// NewMatcher makes a Matcher of tokens, none of which is empty. It may be shared by
// goroutines.
func NewMatcher(tokens []Token, o Options) *Matcher {
	m := &Matcher{Options: o}
	for _, t := range tokens {
		m.add(t.Content[0], t)
		if o.Blanks && strings.HasPrefix(t.Content, space) {
			m.add(' ', t)
		}
	}
	for _, first := range m.firsts {
		slices.SortStableFunc(m.byFirst[first], func(a, b Token) int { return cmp.Compare(len(b.Content), len(a.Content)) })
	}
	return m
}

func (m *Matcher) add(first byte, t Token) {
	if m.byFirst[first] == nil {
		m.firsts = append(m.firsts, first)
	}
	m.byFirst[first] = append(m.byFirst[first], t)
}

// Search is a Matcher with a buffer: it belongs to one goroutine.
type Search struct {
	*Matcher
	next []int // by m.firsts: where the byte comes next, or a place that was passed
}

// NewSearch returns a search for the Matcher's tokens.
func (m *Matcher) NewSearch() *Search { return &Search{Matcher: m} }

// Spans lists the spans of a text in order; no more of them are looked for than
// are taken. blankBefore: a blank is thought of before the text.
func (s *Search) Spans(text string, blankBefore bool) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		from := 0 // of the text that is in no span yet
		if blankBefore {
			from = -1
		}
		s.reset()
		for at := from; ; {
			found, t := s.find(text, at)
			if t == nil {
				break
			}
			at = found.End
			if s.SplitSpecial && t.Special || t.SingleWord && insideWord(text, found) {
				continue
			}
			found = s.strip(text, from, found, t)
			if found.Start > from && !yield(Span{from, found.Start, Between}) || !yield(found) {
				return
			}
			from = found.End
		}
		if from < len(text) {
			yield(Span{from, len(text), Between})
		}
	}
}

func (s *Search) reset() {
	s.next = s.next[:0]
	for range s.firsts {
		s.next = append(s.next, -1)
	}
}

// find returns the first token at or after a place, nil where there is none.
func (s *Search) find(text string, at int) (Span, *Token) {
	for ; at < len(text); at++ {
		if at = s.candidate(text, at); at == len(text) {
			break
		}
		first := byte(' ')
		if at >= 0 {
			first = text[at]
		}
		for i := range s.byFirst[first] {
			t := &s.byFirst[first][i]
			if end := s.end(text, at, t.Content); end >= 0 {
				return Span{at, end, t.ID}, t
			}
		}
	}
	return Span{}, nil
}

// candidate is the first place at or after one where a token may begin.
func (s *Search) candidate(text string, at int) int {
	if at < 0 {
		return at
	}
	start := len(text)
	for i, first := range s.firsts {
		if s.next[i] < at {
			if s.next[i] = strings.IndexByte(text[at:], first); s.next[i] < 0 {
				s.next[i] = len(text)
			} else {
				s.next[i] += at
			}
		}
		start = min(start, s.next[i])
	}
	return start
}

// end is where a token's content ends that begins at a place of text, -1 where it
// does not.
func (m *Matcher) end(text string, at int, content string) int {
	if !m.Blanks {
		if strings.HasPrefix(text[at:], content) {
			return at + len(content)
		}
		return -1
	}
	for content != "" {
		rest, isBlank := strings.CutPrefix(content, space)
		switch {
		case isBlank && (at < 0 || at < len(text) && text[at] == ' '):
			content = rest
		case at >= 0 && at < len(text) && text[at] == content[0]:
			content = content[1:]
		default:
			return -1
		}
		at++
	}
	return at
}

// strip gives a token the blanks beside it that its settings ask for; from is
// where the text begins that is in no span yet.
func (m *Matcher) strip(text string, from int, found Span, t *Token) Span {
	isSpace := func(r rune) bool { return unicode.IsSpace(r) && !(m.Blanks && r == ' ') }
	if t.LStrip && found.Start >= 0 {
		from = max(from, 0)
		found.Start = from + len(strings.TrimRightFunc(text[min(from, found.Start):found.Start], isSpace))
	}
	if t.RStrip {
		found.End = len(text) - len(strings.TrimLeftFunc(text[found.End:], isSpace))
	}
	return found
}

// insideWord says whether a word goes on before or after a span.
func insideWord(text string, s Span) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:max(s.Start, 0)])
	after, _ := utf8.DecodeRuneInString(text[s.End:])
	return s.Start > 0 && isWord(before) || s.End < len(text) && isWord(after)
}

// isWord is \w of regular expressions (https://www.unicode.org/reports/tr18/#word).
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)
}
