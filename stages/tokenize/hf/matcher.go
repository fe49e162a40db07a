package hf

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a token that is found in a text before the text's own pieces are, with
// the settings of transformers' AddedToken.
type token struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter, digit or underscore stands beside it
	LStrip     bool   `json:"lstrip"`      // takes the blanks before it along
	RStrip     bool   `json:"rstrip"`      // takes the blanks after it along
	Normalized bool   `json:"normalized"`  // is looked for in the normalised text
	Special    bool   `json:"special"`
}

// span is a part of a text: a token's, or one between tokens. A start of -1 is
// that of the blank which is thought of before the text. A token's may begin after
// its end, where the token before took blanks along with which this one begins.
type span struct {
	start, end int
	id         int32 // of the token; between: of none
}

const between = -1

// matcher finds tokens in texts as the tokenizers library does: the leftmost, of
// several that begin there the longest, then on from its end.
type matcher struct {
	byFirst      [256][]token // by the first byte, the longest first
	firsts       []byte       // the bytes that tokens begin with
	splitSpecial bool         // special tokens are text
	// blanks: the tokens are looked for as if each blank of the text were U+2581.
	// The text itself is left as it is, so that none of it is copied.
	blanks bool
}

func newMatcher(tokens []token, splitSpecial, blanks bool) *matcher {
	m := &matcher{splitSpecial: splitSpecial, blanks: blanks}
	for _, t := range tokens {
		m.add(t.Content[0], t)
		if blanks && strings.HasPrefix(t.Content, space) {
			m.add(' ', t)
		}
	}
	for _, first := range m.firsts {
		slices.SortStableFunc(m.byFirst[first], func(a, b token) int { return cmp.Compare(len(b.Content), len(a.Content)) })
	}
	return m
}

func (m *matcher) add(first byte, t token) {
	if m.byFirst[first] == nil {
		m.firsts = append(m.firsts, first)
	}
	m.byFirst[first] = append(m.byFirst[first], t)
}

// search is a matcher with a buffer, for one Encoder.
type search struct {
	*matcher
	next []int // by m.firsts: where the byte comes next, or a place that was passed
}

// spans lists the spans of a text in order; no more of them are looked for than
// are taken. blankBefore: a blank is thought of before the text.
func (s *search) spans(text string, blankBefore bool) iter.Seq[span] {
	return func(yield func(span) bool) {
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
			at = found.end
			if s.splitSpecial && t.Special || t.SingleWord && insideWord(text, found) {
				continue
			}
			found = s.strip(text, from, found, t)
			if found.start > from && !yield(span{from, found.start, between}) || !yield(found) {
				return
			}
			from = found.end
		}
		if from < len(text) {
			yield(span{from, len(text), between})
		}
	}
}

func (s *search) reset() {
	s.next = s.next[:0]
	for range s.firsts {
		s.next = append(s.next, -1)
	}
}

// find returns the first token at or after a place, nil where there is none.
func (s *search) find(text string, at int) (span, *token) {
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
				return span{at, end, t.ID}, t
			}
		}
	}
	return span{}, nil
}

// candidate is the first place at or after one where a token may begin.
func (s *search) candidate(text string, at int) int {
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
func (m *matcher) end(text string, at int, content string) int {
	if !m.blanks {
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
func (m *matcher) strip(text string, from int, found span, t *token) span {
	isSpace := func(r rune) bool { return unicode.IsSpace(r) && !(m.blanks && r == ' ') }
	if t.LStrip && found.start >= 0 {
		from = max(from, 0)
		found.start = from + len(strings.TrimRightFunc(text[min(from, found.start):found.start], isSpace))
	}
	if t.RStrip {
		found.end = len(text) - len(strings.TrimLeftFunc(text[found.end:], isSpace))
	}
	return found
}

// insideWord says whether a word goes on before or after a span.
func insideWord(text string, s span) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:max(s.start, 0)])
	after, _ := utf8.DecodeRuneInString(text[s.end:])
	return s.start > 0 && isWord(before) || s.end < len(text) && isWord(after)
}

// isWord is \w of regular expressions (https://www.unicode.org/reports/tr18/#word).
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)
}
