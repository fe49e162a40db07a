package bytebpe

import "bytes"

// scanner finds the words of a text, as a regular expression does whose matches
// follow one another.
type scanner struct {
	modern bool // as Llama 3 and Qwen2, not as GPT-2
	digits int  // how many stand together at most
}

// word is the length of the first word of text, which is not empty.
func (s *scanner) word(text []byte) int {
	if s.modern {
		return modernWord(text, s.digits)
	}
	return gpt2Word(text)
}

// The published expressions. Each is read by a scanner; no other is.
const (
	// https://github.com/openai/gpt-2, encoder.py
	gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	// https://github.com/meta-llama/llama3, llama/tokenizer.py
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	// https://github.com/huggingface/transformers, models/qwen2/tokenization_qwen2.py
	qwen2Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

var scanners = map[string]*scanner{
	gpt2Pattern:   {false, 0},
	llama3Pattern: {true, 3},
	qwen2Pattern:  {true, 1},
}

// gpt2Word is the first word by GPT-2's expression.
func gpt2Word(text []byte) int {
	if text[0] == '\'' {
		if size := contraction(text, false); size > 0 {
			return size
		}
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

// modernWord is the first word by the expressions of Llama 3 and Qwen2.
func modernWord(text []byte, digits int) int {
	if text[0] == '\'' {
		if size := contraction(text, true); size > 0 {
			return size
		}
	}
	before := 1
	first := ascii[text[0]]
	if first == wide {
		first, before = classOf(text)
	}
	if first == letter {
		before = 0
	}
	if first != newline && first != number {
		if more := run(text[before:], letter); more > 0 {
			return before + more
		}
	}
	if first == number {
		return numbers(text, digits)
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

// contraction is the length of the contraction with which text begins after an
// apostrophe, 0 where there is none. anyCase: letters match in either case, and U+017F matches s.
func contraction(text []byte, anyCase bool) int {
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
