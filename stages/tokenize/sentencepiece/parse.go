package sentencepiece

import (
	"regexp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
)

// Bounds on what is read: far above any published model, low enough that a
// damaged file cannot exhaust memory.
const (
	maxPieces     = 1 << 22
	maxPieceBytes = 1 << 12
)

// Parse reads a tokenizer.model: SentencePiece's ModelProto in protobuf's wire
// format. Field numbers are those of sentencepiece_model.proto. A malformed or
// unsupported model is an error of exit.BadData that names the byte offset or
// the piece's id.
func Parse(data []byte) (*Model, error) {
	if err := refuseForeign(data); err != nil {
		return nil, err
	}
	m := &Model{trainer: defaultTrainer(), normalizer: defaultNormalizer()}
	whole := false
	err := eachField(data, 0, func(f field) error {
		switch f.num {
		case 1:
			return m.parsePiece(f)
		case 2:
			whole = true
			return f.message(m.trainer.parseField)
		case 3:
			return f.message(m.normalizer.parseField)
		case 5:
			return f.message(refuseDenormalizer)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(m.pieces) > 0 && !whole { // it stands behind the pieces
		return nil, exit.Errorf(exit.BadData, "tokenizer model: has pieces and no trainer_spec; the file is truncated, fetch it again")
	}
	if err := m.index(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Model) parsePiece(f field) error {
	if len(m.pieces) == maxPieces {
		return f.errorf("more than %d pieces", maxPieces)
	}
	p := Piece{Type: Normal}
	err := f.message(func(f field) (err error) {
		switch f.num {
		case 1:
			err = f.text(&p.Text)
		case 2:
			err = f.float(&p.Score)
		case 3:
			var kind int32
			err = f.int(&kind)
			p.Type = Type(kind)
		}
		return err
	})
	m.pieces = append(m.pieces, p)
	return err
}

// The defaults are those of the proto's optional fields.
func defaultTrainer() trainerSpec {
	return trainerSpec{
		modelType: 1, unkPiece: "<unk>", bosPiece: "<s>", eosPiece: "</s>", padPiece: "<pad>",
		unkSurface: " \u2047 ", maxPieceLength: 16, characterCoverage: 0.9995,
		bosID: 1, eosID: 2, padID: -1,
	}
}

func (t *trainerSpec) parseField(f field) error {
	switch f.num {
	case 3:
		return f.int(&t.modelType)
	case 10:
		return f.float(&t.characterCoverage)
	case 20:
		return f.int(&t.maxPieceLength)
	case 24:
		return f.bool(&t.whitespaceAsSuffix)
	case 25:
		return f.bool(&t.splitDigits)
	case 26:
		return f.bool(&t.allowWhitespaceOnly)
	case 35:
		return f.bool(&t.byteFallback)
	case 40, 41, 42, 43:
		return f.int([]*int32{&t.unkID, &t.bosID, &t.eosID, &t.padID}[f.num-40])
	case 44:
		return f.text(&t.unkSurface)
	case 45, 46, 47, 48:
		return f.name([]*string{&t.unkPiece, &t.bosPiece, &t.eosPiece, &t.padPiece}[f.num-45])
	}
	return nil
}

func defaultNormalizer() normalizerSpec {
	return normalizerSpec{addDummyPrefix: true, removeExtraWhitespaces: true, escapeWhitespaces: true}
}

func (n *normalizerSpec) parseField(f field) error {
	switch f.num {
	case 1:
		return f.text(&n.name)
	case 2:
		return f.bytes(&n.charsmap)
	case 3:
		return f.bool(&n.addDummyPrefix)
	case 4:
		return f.bool(&n.removeExtraWhitespaces)
	case 5:
		return f.bool(&n.escapeWhitespaces)
	}
	return nil
}

// refuseDenormalizer allows a denormalizer only where it does nothing.
func refuseDenormalizer(f field) error {
	var charsmap []byte
	if f.num != 2 {
		return nil
	}
	if err := f.bytes(&charsmap); err != nil || len(charsmap) == 0 {
		return err
	}
	return f.errorf("the model has a denormalizer, which is not supported; use a model without one")
}

// tiktokenLine is a line of tiktoken's vocabulary: a token in base64 and its rank
// (https://github.com/openai/tiktoken, load_tiktoken_bpe).
var tiktokenLine = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2} [0-9]+\r?(\n|$)`)

// refuseForeign names what commonly lies under the name tokenizer.model and is no
// SentencePiece model.
func refuseForeign(data []byte) error {
	if err := foreign.Refuse(data); err != nil {
		return exit.Errorf(exit.BadData, "tokenizer model: %w", err)
	}
	switch {
	case tiktokenLine.Match(data):
		return noModel("the file is a tiktoken vocabulary, as Llama 3 has, and no SentencePiece model; put Llama 3's tokenizer.json beside it, which is read in its place")
	case data[0] == '{':
		return noModel("the file is JSON and no SentencePiece model; give the tokenizer.model itself")
	}
	return nil
}

func noModel(what string) error { return exit.Errorf(exit.BadData, "tokenizer model: %s", what) }
