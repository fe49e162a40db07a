package sentencepiece

import "google.golang.org/protobuf/encoding/protowire"

// Marshal writes the model as a tokenizer.model that sentencepiece loads. The
// bytes depend on the model alone.
func (m *Model) Marshal() []byte {
	var out message
	for _, p := range m.pieces {
		var piece message
		piece.text(1, p.Text)
		piece.float(2, p.Score)
		if p.Type != Normal {
			piece.int(3, int32(p.Type))
		}
		out.message(1, piece)
	}
	out.message(2, m.trainer.marshal(len(m.pieces)))
	out.message(3, m.normalizer.marshal())
	return out
}

func (t *trainerSpec) marshal(size int) message {
	var out message
	out.int(3, t.modelType)
	out.int(4, int32(size))
	out.float(10, t.characterCoverage)
	out.int(20, t.maxPieceLength)
	out.bool(24, t.whitespaceAsSuffix)
	out.bool(25, t.splitDigits)
	out.bool(26, t.allowWhitespaceOnly)
	out.bool(35, t.byteFallback)
	for i, id := range []int32{t.unkID, t.bosID, t.eosID, t.padID} {
		out.int(40+protowire.Number(i), id)
	}
	for i, text := range []string{t.unkSurface, t.unkPiece, t.bosPiece, t.eosPiece, t.padPiece} {
		out.text(44+protowire.Number(i), text)
	}
	return out
}

func (n *normalizerSpec) marshal() message {
	var out message
	out.text(1, n.name)
	out.text(2, string(n.charsmap))
	out.bool(3, n.addDummyPrefix)
	out.bool(4, n.removeExtraWhitespaces)
	out.bool(5, n.escapeWhitespaces)
	return out
}
