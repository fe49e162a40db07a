package sentencepiece

import (
	"unicode"
	"unicode/utf8"
)

// maxWordRunes bounds what is counted as one word; longer runs are not words.
const maxWordRunes = 64

// Words counts the words of texts, the stretches inside which training may
// merge. The order of the texts does not matter.
type Words struct {
	counts map[string]*int64
	word   []byte // the word under construction
	runes  int
	text   []byte
}

// NewWords returns an empty count.
func NewWords() *Words { return &Words{counts: map[string]*int64{}} }

// Len is the number of distinct words.
func (w *Words) Len() int { return len(w.counts) }

// Add counts the words of one text. As in LLaMA's model a space joins the word
// after it, further spaces before it make a word of their own, digits stand
// alone, and letters do not join with other signs. Control characters and bytes
// that are not UTF-8 are left to the byte pieces.
func (w *Words) Add(text string) {
	if text == "" {
		return
	}
	w.text = wordNormalizer.normalize(w.text[:0], text, true)
	last := classControl
	for rest := w.text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		class := signOf(r)
		if w.breaks(last, class, rest[size:]) {
			w.end()
		}
		if class != classControl {
			w.word = append(w.word, rest[:size]...)
			w.runes++
		}
		last, rest = class, rest[size:]
	}
	w.end()
}

// wordNormalizer normalises as the trained model will.
var wordNormalizer = &Model{normalizer: trainedNormalizer()}

// sign is the class of a character that decides where words break.
type sign int

const (
	classControl sign = iota
	classBlank        // U+2581
	classDigit
	classLetter
	classPunct // all other signs
)

func signOf(r rune) sign {
	switch {
	case r == '▁':
		return classBlank
	case r == utf8.RuneError || unicode.IsControl(r):
		return classControl
	case unicode.IsDigit(r):
		return classDigit
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return classLetter
	}
	return classPunct
}

// breaks says whether a word ends between a character of class last and one of
// class next that is followed by rest.
func (w *Words) breaks(last, next sign, rest []byte) bool {
	switch {
	case w.runes == maxWordRunes || next == classDigit || next == classControl:
		return true
	case next == classBlank && last == classBlank:
		// The last space of several goes with the word after it.
		r, _ := utf8.DecodeRune(rest)
		after := signOf(r)
		return len(rest) > 0 && (after == classLetter || after == classPunct)
	case last == classBlank:
		return false
	}
	return last != next
}

func (w *Words) end() {
	if w.runes == 0 {
		return
	}
	count, ok := w.counts[string(w.word)]
	if !ok {
		count = new(int64)
		w.counts[string(w.word)] = count
	}
	*count++
	w.word, w.runes = w.word[:0], 0
}
