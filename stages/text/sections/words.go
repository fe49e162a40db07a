package sections

// word is a run of letters, of digits or of underscores in a line.
type word struct {
	entry
	from, to  int // in the reader's lower
	number    int // its value, at most 1000
	bracketed bool
	capital   bool
	letters   bool
	colon     bool // a colon stands behind it
}

// reader cuts a line into words. They are good until the next line is cut.
type reader struct {
	lower []byte // the words in lower case, a blank between
	words []word
	colon int // where the first colon is, or -1
	name  []byte
}

// kinds of bytes: letters, digits and underscores make words.
var kinds = func() (kinds [256]byte) {
	for c := range kinds {
		switch letter := byte(c) | 0x20; {
		case letter >= 'a' && letter <= 'z':
			kinds[c] = 'a'
		case c >= '0' && c <= '9':
			kinds[c] = '0'
		case c == '_':
			kinds[c] = '_'
		}
	}
	return kinds
}()

// cut reads the words of a line. What follows an apostrophe is left out of a
// word, as in pt's, and a colon between digits is a time's.
func (r *reader) cut(line string) {
	r.lower, r.words, r.colon = r.lower[:0], r.words[:0], -1
	depth := 0
	for i := 0; i < len(line); {
		kind, end := kinds[line[i]], i+1
		if kind == 0 {
			depth = r.mark(line, i, depth)
			i = end
			continue
		}
		for end < len(line) && kinds[line[end]] == kind {
			end++
		}
		if depth == 0 || line[i:end] != "x" && line[i:end] != "X" { // a mark, [x]
			r.add(line[i:end], kind, depth > 0)
		}
		if kind == 'a' && end+1 < len(line) && line[end] == '\'' && kinds[line[end+1]] == 'a' {
			for end++; end < len(line) && kinds[line[end]] == 'a'; end++ {
			}
		}
		i = end
	}
}

// mark takes what is no word, and says how deep in brackets the next one stands.
func (r *reader) mark(line string, i, depth int) int {
	switch line[i] {
	case '(', '[', '{':
		return depth + 1
	case ')', ']', '}':
		return max(depth-1, 0)
	case ':':
		time := i > 0 && i+1 < len(line) && kinds[line[i-1]] == '0' && kinds[line[i+1]] == '0'
		if time || len(r.words) == 0 {
			break
		}
		r.words[len(r.words)-1].colon = true
		if r.colon < 0 {
			r.colon = i
		}
	}
	return depth
}

func (r *reader) add(text string, kind byte, bracketed bool) {
	if len(r.lower) > 0 {
		r.lower = append(r.lower, ' ')
	}
	w := word{from: len(r.lower), bracketed: bracketed, letters: kind == 'a', capital: text[0] >= 'A' && text[0] <= 'Z'}
	for i := range len(text) {
		c := text[i]
		if kind == 'a' {
			c |= 0x20
		}
		r.lower = append(r.lower, c)
	}
	w.to = len(r.lower)
	switch kind {
	case '0':
		w.class, w.number = number, value(text)
	case '_':
		w.class = removed
	default:
		r.classify(&w)
	}
	r.words = append(r.words, w)
}

// classify looks a word up, and the pair that it may end.
func (r *reader) classify(w *word) {
	text := r.lower[w.from:w.to]
	w.entry = vocabulary[string(text)]
	switch {
	case w.class == number:
		w.number = ordinals[string(text)]
	case w.class == plain && text[0] == 'd' && misspelled(text):
		w.class = left
	}
	if len(r.words) == 0 || !r.words[len(r.words)-1].pairs {
		return
	}
	before := &r.words[len(r.words)-1]
	both, pair := pairs[string(r.lower[before.from:w.to])]
	if !pair {
		return
	}
	w.class = both
	switch both {
	case outside:
		before.class = outside
	case late:
	default:
		before.class = link
	}
}

// text is a word in lower case.
func (r *reader) text(w *word) string { return string(r.lower[w.from:w.to]) }

// value is a number's value, or a thousand where it is larger.
func value(digits string) int {
	n := 0
	for i := range len(digits) {
		n = min(10*n+int(digits[i]-'0'), 1000)
	}
	return n
}
