package sections

import (
	"bytes"
	"strings"
)

// shortestLong is the length of the shortest word of a header that is known when
// it is misspelled: short words have neighbors that are words too.
const shortestLong = 7

// longWords are the words of headers from there on, by their length.
var longWords = func() map[int][]string {
	byLength, seen := map[int][]string{}, map[string]bool{}
	for _, names := range headerNames {
		for word := range strings.FieldsSeq(strings.ReplaceAll(names, "|", " ")) {
			if len(word) >= shortestLong && !seen[word] {
				byLength[len(word)], seen[word] = append(byLength[len(word)], word), true
			}
		}
	}
	return byLength
}()

// respell puts the words of headers in the place of words that nearly are such.
func (r *reader) respell(words []word) {
	for i := range words {
		w := &words[i]
		if !w.letters || w.entry != (entry{}) {
			continue
		}
		if right := nearest(r.lower[w.from:w.to]); right != "" {
			w.from = len(r.lower)
			r.lower = append(r.lower, right...)
			w.to, w.entry = len(r.lower), vocabulary[right]
		}
	}
}

// nearest is the first word of headers, in the order of the alphabet, that a word
// nearly is, or "".
func nearest(word []byte) string {
	found := ""
	for n := len(word) - 1; n <= len(word)+1; n++ {
		for _, right := range longWords[n] {
			if nearly(word, right) && (found == "" || right < found) {
				found = right
			}
		}
	}
	return found
}

// nearly says whether two letters beside one another are turned in a word, or one
// that is not the last is another, missing or too much. The last tells complaint
// from complaints.
func nearly(word []byte, right string) bool {
	for len(word) > 0 && len(right) > 0 && word[0] == right[0] {
		word, right = word[1:], right[1:]
	}
	last := len(word) == 0 || len(right) == 0 || word[len(word)-1] != right[len(right)-1]
	for len(word) > 0 && len(right) > 0 && word[len(word)-1] == right[len(right)-1] {
		word, right = word[:len(word)-1], right[:len(right)-1]
	}
	turned := len(word) == 2 && len(right) == 2 && word[0] == right[1] && word[1] == right[0]
	return turned || !last && len(word) <= 1 && len(right) <= 1
}

// misspelled says whether a word that begins with d is an abbreviation or form of
// discharge, or one in which letters were turned, or two at most left out or added.
func misspelled(word []byte) bool {
	const right = "discharge"
	if bytes.HasPrefix(word, []byte("disch")) || bytes.HasPrefix(word, []byte("dsch")) {
		return true
	}
	if len(word) < len(right)-2 || len(word) > len(right)+2 {
		return false
	}
	missing := 0
	for i := range right {
		if bytes.Count(word, []byte{right[i]}) < strings.Count(right, right[i:i+1]) {
			missing++
		}
	}
	return 2*missing+len(word)-len(right) <= 2
}
