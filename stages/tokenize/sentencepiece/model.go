// Package sentencepiece is SentencePiece's byte-pair encoding: it reads
// tokenizer.model files, encodes text as the reference does, decodes, and
// trains small models. Only model_type BPE is known to it.
package sentencepiece

import (
	"maps"
	"slices"
)

// Type is the kind of a piece, with the values of SentencePiece's ModelProto.
type Type int32

// The kinds of pieces.
const (
	Normal      Type = 1
	Unknown     Type = 2 // stands for text that no piece covers; a model has exactly one
	Control     Type = 3 // <s>, </s>: never matched in text
	UserDefined Type = 4 // matched before anything else and never merged
	Unused      Type = 5 // may arise while merging, is taken apart again in the output
	Byte        Type = 6 // <0x00> … <0xFF>, stands for one byte of a character that no piece covers
)

// inText says whether merging can make a piece of the type.
func (t Type) inText() bool { return t == Normal || t == UserDefined || t == Unused }

// Piece is one entry of the vocabulary; its index is its id.
type Piece struct {
	Text  string
	Score float32 // the higher, the earlier it is merged
	Type  Type
}

// space is what stands for U+0020 inside pieces: U+2581, lower one eighth block.
const space = "\u2581"

// modelBPE is TrainerSpec.ModelType.BPE.
const modelBPE = 2

// trainerSpec holds the fields of TrainerSpec that bear on encoding.
type trainerSpec struct {
	modelType                  int32
	byteFallback               bool
	whitespaceAsSuffix         bool
	unkPiece, bosPiece         string
	eosPiece, padPiece         string
	unkSurface                 string
	splitDigits                bool
	allowWhitespaceOnly        bool
	maxPieceLength             int32
	characterCoverage          float32
	unkID, bosID, eosID, padID int32
}

// normalizerSpec holds the fields of NormalizerSpec that bear on encoding.
type normalizerSpec struct {
	name                   string
	charsmap               []byte
	addDummyPrefix         bool
	removeExtraWhitespaces bool
	escapeWhitespaces      bool
}

// Model is a vocabulary with what encoding needs to know of its training. It is
// immutable and may be shared; encoding goes through one Encoder a goroutine.
type Model struct {
	pieces     []Piece
	trainer    trainerSpec
	normalizer normalizerSpec

	ids        map[string]int32 // pieces inText
	reserved   map[string]int32 // unknown, control and byte pieces
	byteIDs    [256]int32
	unk        int32
	userPieces prefixes
	charsmap   *charsmap
	cuts       *cutTable
	lookup     *lookup
	plain      bool // its text is cut before it is normalised
	unused     bool // it has unused pieces
}

// New makes a model with LLaMA's settings: byte fallback, to the pieces that have the
// names of bytes, and a space before a text, which is otherwise left as it is.
func New(pieces []Piece) (*Model, error) {
	m := &Model{pieces: slices.Clone(pieces), trainer: defaultTrainer(), normalizer: trainedNormalizer()}
	m.trainer.modelType, m.trainer.byteFallback = modelBPE, true
	for i, p := range pieces {
		if _, isByte := byteOf(p.Text); isByte {
			m.pieces[i].Type = Byte
		}
	}
	return m, m.index()
}

// Size is the number of pieces.
func (m *Model) Size() int { return len(m.pieces) }

// Piece returns the piece of an id, which must be in [0, Size).
func (m *Model) Piece(id int32) Piece { return m.pieces[id] }

// ID finds the id of a piece by its text.
func (m *Model) ID(text string) (int32, bool) {
	if id, ok := m.reserved[text]; ok {
		return id, true
	}
	id, ok := m.ids[text]
	return id, ok
}

// With returns the model with further pieces, which have the next ids. They are
// known by id and by text, and no text is encoded to them.
func (m *Model) With(pieces []Piece) *Model {
	more := *m
	more.pieces, more.reserved = slices.Concat(m.pieces, pieces), maps.Clone(m.reserved)
	for i, p := range pieces {
		more.reserved[p.Text] = int32(len(m.pieces) + i)
	}
	return &more
}

// Unlike names what of its settings makes the model treat text in another way than
// LLaMA's, "" where nothing does.
func (m *Model) Unlike() string {
	n := m.normalizer
	switch {
	case !m.trainer.byteFallback:
		return "no byte_fallback"
	case m.charsmap != nil:
		return "a normalisation rule"
	case n.removeExtraWhitespaces:
		return "remove_extra_whitespaces"
	case !n.addDummyPrefix:
		return "no add_dummy_prefix"
	case !n.escapeWhitespaces:
		return "no escape_whitespaces"
	case m.trainer.whitespaceAsSuffix:
		return "treat_whitespace_as_suffix"
	}
	return ""
}

// Unk is the id of the unknown piece.
func (m *Model) Unk() int32 { return m.unk }

// BOS is the id of the control piece that begins a sequence, -1 where the model
// has none.
func (m *Model) BOS() int32 { return m.control(m.trainer.bosPiece) }

// EOS is the id of the control piece that ends a sequence, -1 where the model
// has none.
func (m *Model) EOS() int32 { return m.control(m.trainer.eosPiece) }

// Pad is the id of the padding piece, -1 where the model has none, as in LLaMA.
func (m *Model) Pad() int32 { return m.control(m.trainer.padPiece) }

func (m *Model) control(text string) int32 {
	if id, ok := m.reserved[text]; ok && m.pieces[id].Type == Control {
		return id
	}
	return -1
}
