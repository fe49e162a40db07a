package hf

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a part of a text: a token's, or one between tokens.
type span struct {
	start, end int
	id         int32 // between: text
}

const between = -1

// matcher finds tokens in texts as the tokenizers library does: the leftmost, of
// several that begin there the longest, then on from its end.
type matcher struct {
	byFirst      [256][]token // longest first
	firsts       []byte       // the bytes that tokens begin with
	splitSpecial bool         // special tokens are text
}

func newMatcher(tokens []token, splitSpecial bool) *matcher {
	m := &matcher{splitSpecial: splitSpecial}
	for _, t := range tokens {
		first := t.Content[0]
		if m.byFirst[first] == nil {
			m.firsts = append(m.firsts, first)
		}
		m.byFirst[first] = append(m.byFirst[first], t)
	}
	for _, first := range m.firsts {
		slices.SortStableFunc(m.byFirst[first], func(a, b token) int { return cmp.Compare(len(b.Content), len(a.Content)) })
	}
	return m
}

// split appends the spans of text. next is a buffer.
func (m *matcher) split(spans []span, text string, next []int) ([]span, []int) {
	from := 0 // of the text that is in no span
	next = next[:0]
	for range m.firsts {
		next = append(next, -1)
	}
	for at := 0; ; {
		start, t := m.find(text, at, next)
		if t == nil {
			break
		}
		at = start + len(t.Content)
		if m.splitSpecial && t.Special || t.SingleWord && insideWord(text, start, at) {
			continue
		}
		end := at
		if t.LStrip {
			start = from + len(strings.TrimRightFunc(text[min(from, start):start], unicode.IsSpace))
		}
		if t.RStrip {
			end = len(text) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
		}
		if start > from {
			spans = append(spans, span{from, start, between})
		}
		spans = append(spans, span{start, end, t.ID})
		from = end
	}
	if from < len(text) {
		spans = append(spans, span{from, len(text), between})
	}
	return spans, next
}

// find returns the first token at or after a place, nil where there is none. next
// holds, for each first byte, where it comes next, or less than at.
func (m *matcher) find(text string, at int, next []int) (int, *token) {
	for {
		start := len(text)
		for i, first := range m.firsts {
			if next[i] < at {
				if next[i] = strings.IndexByte(text[at:], first); next[i] < 0 {
					next[i] = len(text)
				} else {
					next[i] += at
				}
			}
			start = min(start, next[i])
		}
		if start == len(text) {
			return start, nil
		}
		for i := range m.byFirst[text[start]] {
			if t := &m.byFirst[text[start]][i]; strings.HasPrefix(text[start:], t.Content) {
				return start, t
			}
		}
		at = start + 1
	}
}

// insideWord says whether a word goes on before start or after end.
func insideWord(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return start > 0 && isWord(before) || end < len(text) && isWord(after)
}

// isWord is \w of regular expressions (https://www.unicode.org/reports/tr18/#word).
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)
}
