package bytebpe

import "bytes"

// scanner finds the words of a text, as a regular expression does whose matches
// follow one another: it returns the length of the first word of text, which is not
// empty.
type scanner func(text []byte) int

// The published expressions. Each is read by a scanner; no other is.
const (
	// https://github.com/openai/gpt-2, encoder.py
	gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	// https://github.com/meta-llama/llama3, llama/tokenizer.py
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	// https://github.com/huggingface/transformers, models/qwen2/tokenization_qwen2.py
	qwen2Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

var scanners = map[string]scanner{
	gpt2Pattern:   gpt2Word,
	llama3Pattern: func(text []byte) int { return modernWord(text, 3) },
	qwen2Pattern:  func(text []byte) int { return modernWord(text, 1) },
}

// gpt2Word is the first word by GPT-2's expression.
func gpt2Word(text []byte) int {
	if size := contraction(text, false); size > 0 {
		return size
	}
	from := 0
	if text[0] == ' ' && len(text) > 1 {
		from = 1
	}
	if c, _ := classOf(text[from:]); c != blank && c != newline {
		return from + run(text[from:], c)
	}
	return blanks(text)
}

// modernWord is the first word by the expressions of Llama 3 and Qwen2: digits is how
// many stand together at most.
func modernWord(text []byte, digits int) int {
	if size := contraction(text, true); size > 0 {
		return size
	}
	first, size := classOf(text)
	switch first {
	case letter:
		return run(text, letter)
	case number:
		return numbers(text, digits)
	case blank, other:
		if more := run(text[size:], letter); more > 0 {
			return size + more
		}
	}
	from := 0
	if text[0] == ' ' {
		from = 1
	}
	if more := run(text[from:], other); more > 0 {
		from += more
		return from + run(text[from:], newline)
	}
	if end := lastNewline(text); end > 0 {
		return end
	}
	return blanks(text)
}

// numbers is the length of the numbers with which text begins, most of them at most.
func numbers(text []byte, most int) (size int) {
	for range most {
		if size == len(text) {
			break
		}
		c, length := classOf(text[size:])
		if c != number {
			break
		}
		size += length
	}
	return size
}

// endings are those of contractions. Longer ones do not begin with shorter ones.
var endings = [][]byte{[]byte("s"), []byte("t"), []byte("re"), []byte("ve"), []byte("m"), []byte("ll"), []byte("d")}

// contraction is the length of the contraction with which text begins, 0 where there
// is none. anyCase: letters match in either case, and U+017F matches s.
func contraction(text []byte, anyCase bool) int {
	if text[0] != '\'' {
		return 0
	}
	for _, ending := range endings {
		if rest := text[1:]; len(rest) >= len(ending) {
			head := rest[:len(ending)]
			if bytes.Equal(head, ending) || anyCase && bytes.EqualFold(head, ending) {
				return 1 + len(ending)
			}
		}
	}
	if anyCase && bytes.HasPrefix(text[1:], []byte("\u017f")) {
		return 1 + len("\u017f")
	}
	return 0
}

// spaces is the length of the blanks and newlines with which text begins; last is
// where the last of them begins.
func spaces(text []byte) (size, last int) {
	for size < len(text) {
		c, length := classOf(text[size:])
		if c != blank && c != newline {
			break
		}
		last = size
		size += length
	}
	return size, last
}

// lastNewline is where the last newline among the spaces ends with which text begins,
// 0 where there is none: \s*[\r\n]+.
func lastNewline(text []byte) int {
	size, _ := spaces(text)
	return bytes.LastIndexAny(text[:size], "\r\n") + 1
}

// blanks are spaces without the last one, which goes with the word behind them:
// \s+(?!\S)|\s+.
func blanks(text []byte) int {
	size, last := spaces(text)
	if size < len(text) && last > 0 {
		return last
	}
	return size
}
