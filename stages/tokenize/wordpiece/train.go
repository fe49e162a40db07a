package wordpiece

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/added"
)

// specials are BERT's special tokens, by their ids in a trained vocabulary.
var specials = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}

// uncased normalises as BERT's uncased models do.
var uncased = normalizer{clean: true, chinese: true, accents: true, lowercase: true}

// Words counts the words of texts, as an uncased BertTokenizer cuts them. The order of the
// texts does not matter.
type Words struct {
	counts map[string]int
	normal []byte
	runes  []rune
}

// NewWords returns an empty count.
func NewWords() *Words { return &Words{counts: map[string]int{}} }

// Len is the number of distinct words.
func (w *Words) Len() int { return len(w.counts) }

// Add counts the words of one text.
func (w *Words) Add(text string) {
	w.normal, w.runes = uncased.append(w.normal[:0], []byte(text), w.runes)
	eachWord(w.normal, func(word []byte) { w.counts[string(word)]++ })
}

// TrainConfig says what a vocabulary may hold.
type TrainConfig struct {
	VocabSize         int
	CharacterCoverage float64 // share of the texts' characters that get pieces of their own
	MaxPieceLength    int     // characters
}

// Train makes the pieces of a vocabulary, by id: the special tokens, the characters, at
// the beginning of a word and inside one, and the most frequent words that occur twice.
// Other words are then made of characters. Published vocabularies have parts of words
// too, found by merging; that is more than a demonstration needs.
func (w *Words) Train(c TrainConfig) ([]string, error) {
	known := w.characters(c.CharacterCoverage)
	pieces := slices.Clone(specials)
	for _, prefix := range []string{"", bertPrefix} {
		for _, character := range slices.Sorted(maps.Keys(known)) {
			pieces = append(pieces, prefix+string(character))
		}
	}
	if len(pieces) > c.VocabSize {
		return nil, exit.Errorf(exit.Usage, "vocab_size: %d pieces do not hold the characters of the notes, which take %d; raise it, or lower character_coverage", c.VocabSize, len(pieces))
	}
	unknown := func(r rune) bool { return !known[r] }
	for _, word := range byCount(w.counts) {
		if n := utf8.RuneCountInString(word); len(pieces) < c.VocabSize && w.counts[word] > 1 && n > 1 && n <= c.MaxPieceLength && !strings.ContainsFunc(word, unknown) {
			pieces = append(pieces, word)
		}
	}
	return pieces, nil
}

// characters are the most frequent of the words, as many as make up that share of them.
func (w *Words) characters(share float64) map[rune]bool {
	counts, all := map[rune]int{}, 0
	for word, n := range w.counts {
		for _, r := range word {
			counts[r] += n
			all += n
		}
	}
	known, covered := map[rune]bool{}, 0
	for _, r := range byCount(counts) {
		if float64(covered) >= share*float64(all) {
			break
		}
		known[r] = true
		covered += counts[r]
	}
	return known
}

// byCount are the keys by their counts, the largest first; equal ones in their own order.
func byCount[K cmp.Ordered](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// Write writes the folder of an uncased BertTokenizer with these pieces. A "[SEP]" that
// stands in a text is none.
func Write(out *dataset.Writer, pieces []string) error {
	if err := out.WriteFile(VocabularyFile, []byte(strings.Join(pieces, "\n")+"\n")); err != nil {
		return err
	}
	return out.WriteJSON(added.ConfigFile, map[string]any{"tokenizer_class": bertClass, "do_lower_case": true, "split_special_tokens": true})
}
