package sentencepiece

import (
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/clinflow/clinflow/internal/exit"
)

// TrainConfig sets the size and shape of a trained vocabulary.
type TrainConfig struct {
	VocabSize         int     // pieces in all; fewer where the texts have no more pairs that occur twice
	CharacterCoverage float64 // the share of the texts' characters that get a piece; the rest falls back to bytes
	MaxPieceLength    int     // characters in a piece
}

// Train makes a byte-pair model shaped as LLaMA's: <unk>, <s> and </s>, the 256
// bytes, the merges in the order in which they were found, the characters by
// frequency; a piece's score is minus its rank. Each step merges the most
// frequent pair of neighbours inside words (R. Sennrich et al. 2016,
// https://aclanthology.org/P16-1162); ties go to the shorter piece, then to the
// first in byte order. The model depends on the counts alone.
func Train(words *Words, config TrainConfig) (*Model, error) {
	alphabet := words.alphabet(config.CharacterCoverage)
	m := &Model{pieces: reservedPieces(), trainer: trainedSpec(config), normalizer: trainedNormalizer()}
	reserved := len(m.pieces)
	merges := config.VocabSize - reserved - len(alphabet)
	if merges < 0 {
		return nil, exit.Errorf(exit.Usage, "vocab_size %d is too small: %d pieces are reserved and the texts have %d characters; raise it, or lower character_coverage",
			config.VocabSize, reserved, len(alphabet))
	}
	t := newPairTrainer(words, alphabet, config.MaxPieceLength)
	for _, text := range append(t.merge(merges), alphabet...) {
		rank := len(m.pieces) - reserved
		m.pieces = append(m.pieces, Piece{text, float32(-rank), Normal})
	}
	if err := m.index(); err != nil {
		return nil, err
	}
	return m, nil
}

func reservedPieces() []Piece {
	pieces := []Piece{{"<unk>", 0, Unknown}, {"<s>", 0, Control}, {"</s>", 0, Control}}
	for b := range 256 {
		pieces = append(pieces, Piece{bytePiece(byte(b)), 0, Byte})
	}
	return pieces
}

func trainedSpec(config TrainConfig) trainerSpec {
	t := defaultTrainer()
	t.modelType, t.byteFallback, t.splitDigits, t.allowWhitespaceOnly = modelBPE, true, true, true
	t.characterCoverage, t.maxPieceLength = float32(config.CharacterCoverage), int32(config.MaxPieceLength)
	return t
}

func trainedNormalizer() normalizerSpec {
	return normalizerSpec{name: "identity", addDummyPrefix: true, escapeWhitespaces: true}
}

// alphabet lists the most frequent characters that together make up the wanted
// share of all, always the space.
func (w *Words) alphabet(coverage float64) []string {
	counts, total := map[string]int64{space: 0}, int64(0)
	for word, n := range w.counts {
		for _, r := range word {
			counts[string(r)] += *n
			total += *n
		}
	}
	byFrequency := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var kept []string
	covered := int64(0)
	for _, c := range byFrequency {
		if c == space || float64(covered) < coverage*float64(total) {
			kept = append(kept, c)
			covered += counts[c]
		}
	}
	return kept
}

// sortedWords lists the words as characters, those outside of the alphabet
// parting a word.
func (w *Words) sortedWords(alphabet map[string]int32) []trainingWord {
	var out []trainingWord
	for _, word := range slices.Sorted(maps.Keys(w.counts)) {
		current := trainingWord{count: *w.counts[word]}
		for len(word) > 0 {
			_, size := utf8.DecodeRuneInString(word)
			if id, known := alphabet[word[:size]]; known {
				current.symbols = append(current.symbols, id)
			} else {
				out = append(out, current)
				current.symbols = nil
			}
			word = word[size:]
		}
		out = append(out, current)
	}
	return slices.DeleteFunc(out, func(w trainingWord) bool { return len(w.symbols) < 2 })
}
