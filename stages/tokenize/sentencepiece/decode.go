package sentencepiece

import (
	"strings"
	"unicode/utf8"

	"github.com/clinflow/clinflow/internal/exit"
)

// Decode turns ids back into text as the reference does: control pieces vanish,
// byte pieces join to characters (those that do not become U+FFFD), and the
// space of the dummy prefix is taken off. An id out of range is an error that
// names its index, not the id.
func (m *Model) Decode(ids []int32) (string, error) {
	d := decoder{model: m, atStart: true}
	for i, id := range ids {
		if id < 0 || int(id) >= len(m.pieces) {
			return "", exit.Errorf(exit.BadData, "decode: id at index %d is not in the vocabulary of %d pieces; is it of another tokenizer?", i, len(m.pieces))
		}
		d.add(m.pieces[id])
	}
	d.flush()
	return d.out.String(), nil
}

type decoder struct {
	model *Model
	out   strings.Builder
	bytes []byte // of byte pieces not yet written
	// atStart: a leading space is still to be taken off. tookSpace: the piece
	// before lost it.
	atStart, tookSpace bool
}

func (d *decoder) add(p Piece) {
	if p.Type == Byte {
		value, _ := byteOf(p.Text)
		d.bytes = append(d.bytes, value)
		return
	}
	d.flush()
	if d.tookSpace || d.out.Len() > 0 {
		d.atStart = false
	}
	d.tookSpace = false
	switch p.Type {
	case Control:
	case Unknown:
		d.out.WriteString(d.model.trainer.unkSurface)
	default:
		d.text(p.Text)
	}
}

func (d *decoder) text(piece string) {
	n := d.model.normalizer
	if d.atStart && (n.addDummyPrefix || n.removeExtraWhitespaces) {
		rest, had := strings.CutPrefix(piece, space)
		// Where extra spaces are removed, all leading ones go.
		piece, d.tookSpace = rest, had && !n.removeExtraWhitespaces
	}
	d.out.WriteString(strings.ReplaceAll(piece, space, " "))
}

func (d *decoder) flush() {
	for len(d.bytes) > 0 {
		r, size := utf8.DecodeRune(d.bytes)
		d.out.WriteRune(r)
		d.bytes = d.bytes[size:]
	}
	d.bytes = nil
}
