package tokenize

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/stages/tokenize/wordpiece"
)

// vocabulary is a tokenizer in the making: the words of the texts that it learns from.
type vocabulary interface {
	Add(text string)
	Len() int
	// write makes the tokenizer, writes its files and returns the number of its pieces.
	write(out *dataset.Writer) (int, error)
}

// vocabulary is an empty one of the configured kind.
func (c TrainConfig) vocabulary() vocabulary {
	if c.Kind == "wordpiece" {
		return words{wordpiece.NewWords(), c}
	}
	return pairs{sentencepiece.NewWords(), c}
}

// pairs are the words of a SentencePiece tokenizer.
type pairs struct {
	*sentencepiece.Words
	config TrainConfig
}

func (p pairs) write(out *dataset.Writer) (int, error) {
	m, err := sentencepiece.Train(p.Words, sentencepiece.TrainConfig{
		VocabSize: p.config.VocabSize, CharacterCoverage: p.config.CharacterCoverage, MaxPieceLength: p.config.MaxPieceLength,
	})
	if err != nil {
		return 0, err
	}
	return m.Size(), hf.Write(out, m)
}

// words are those of a WordPiece tokenizer.
type words struct {
	*wordpiece.Words
	config TrainConfig
}

func (w words) write(out *dataset.Writer) (int, error) {
	pieces, err := w.Train(wordpiece.TrainConfig{
		VocabSize: w.config.VocabSize, CharacterCoverage: w.config.CharacterCoverage, MaxPieceLength: w.config.MaxPieceLength,
	})
	if err != nil {
		return 0, err
	}
	return len(pieces), wordpiece.Write(out, pieces)
}
