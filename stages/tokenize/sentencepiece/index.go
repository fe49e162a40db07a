package sentencepiece

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clinflow/clinflow/internal/exit"
)

// index checks the pieces against each other and builds what encoding looks up.
func (m *Model) index() error {
	if m.trainer.modelType != modelBPE {
		return exit.Errorf(exit.BadData, "tokenizer model: model type %s is not supported, only BPE is; LLaMA's tokenizer.model is one", modelTypeName(m.trainer.modelType))
	}
	m.ids = make(map[string]int32, len(m.pieces))
	m.reserved = make(map[string]int32, 512)
	m.unk = -1
	for i := range m.byteIDs {
		m.byteIDs[i] = -1
	}
	for id := range m.pieces {
		if err := m.indexPiece(int32(id)); err != nil {
			return err
		}
	}
	if err := m.checkWhole(); err != nil {
		return err
	}
	m.cuts, m.plain = newCutTable(m.pieces), m.isPlain()
	m.lookup = newLookup(m.pieces, m.plain)
	var err error
	m.charsmap, err = newCharsmap(m.normalizer.charsmap)
	return err
}

func modelTypeName(t int32) string {
	switch t {
	case 1:
		return "UNIGRAM"
	case 3:
		return "WORD"
	case 4:
		return "CHAR"
	}
	return fmt.Sprint(t)
}

func (m *Model) indexPiece(id int32) error {
	p := m.pieces[id]
	if p.Text == "" || len(p.Text) > maxPieceBytes || !utf8.ValidString(p.Text) || p.Score != p.Score {
		return pieceError(id, "empty, longer than %d bytes, not UTF-8 or without a number as score", maxPieceBytes)
	}
	if _, taken := m.ID(p.Text); taken {
		return pieceError(id, "a piece of the same text came before it")
	}
	switch p.Type {
	case Normal, Unused:
		m.ids[p.Text] = id
		m.unused = m.unused || p.Type == Unused
		return nil
	case UserDefined:
		m.ids[p.Text] = id
		return m.userPieces.add(id, p.Text)
	}
	m.reserved[p.Text] = id
	return m.indexReserved(id, p)
}

func (m *Model) indexReserved(id int32, p Piece) error {
	switch p.Type {
	case Unknown:
		if m.unk >= 0 {
			return pieceError(id, "a second unknown piece")
		}
		m.unk = id
		return nil
	case Control:
		// The reference fails on every text that holds such a character.
		if utf8.RuneCountInString(p.Text) == 1 {
			return pieceError(id, "a control piece of one character cannot be told from text")
		}
		return nil
	case Byte:
		return m.indexByte(id, p.Text)
	}
	return pieceError(id, "unknown type %d", p.Type)
}

func (m *Model) indexByte(id int32, text string) error {
	value, ok := byteOf(text)
	if !ok {
		return pieceError(id, "not the name of a byte")
	}
	m.byteIDs[value] = id
	return nil
}

// byteOf is the byte that a byte piece stands for.
func byteOf(piece string) (byte, bool) {
	if len(piece) != len("<0x00>") {
		return 0, false
	}
	value, _ := strconv.ParseUint(piece[3:5], 16, 8)
	return byte(value), piece == bytePiece(byte(value))
}

// bytePiece is the text of the piece that stands for a byte.
func bytePiece(b byte) string { return fmt.Sprintf("<0x%02X>", b) }

// checkWhole checks what no single piece can tell.
func (m *Model) checkWhole() error {
	if m.unk < 0 {
		return exit.Errorf(exit.BadData, "tokenizer model: no unknown piece among %d pieces; the file is not whole", len(m.pieces))
	}
	for value, id := range m.byteIDs {
		if (id >= 0) != m.trainer.byteFallback {
			return exit.Errorf(exit.BadData, "tokenizer model: byte_fallback is %t, but piece %s says otherwise", m.trainer.byteFallback, bytePiece(byte(value)))
		}
	}
	return nil
}

// prefixes are texts by which others may begin.
type prefixes struct {
	byFirst [256][]string // by the first byte, the longest first
	any     bool
}

func (p *prefixes) add(id int32, piece string) error {
	if strings.Contains(piece, "\x00") {
		return pieceError(id, "a user-defined piece must not hold NUL")
	}
	list := append(p.byFirst[piece[0]], piece)
	slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) })
	p.byFirst[piece[0]], p.any = list, true
	return nil
}

// longestPrefix returns the length of the longest of p that text begins with, 0
// where there is none.
func longestPrefix[T string | []byte](p *prefixes, text T) int {
	for _, piece := range p.byFirst[text[0]] {
		if len(piece) <= len(text) && string(text[:len(piece)]) == piece {
			return len(piece)
		}
	}
	return 0
}

func pieceError(id int32, format string, args ...any) error {
	return exit.Errorf(exit.BadData, "tokenizer model: piece %d: %w", id, fmt.Errorf(format, args...))
}
