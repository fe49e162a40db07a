package sentencepiece

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/exit"
)

// unchecked writes a small model, changed, as Marshal does.
func unchecked(change func(m *Model)) []byte {
	m := &Model{trainer: defaultTrainer(), normalizer: defaultNormalizer()}
	m.pieces = []Piece{{"<unk>", 0, Unknown}, {"<s>", 0, Control}, {"a", -1, Normal}}
	m.trainer.modelType = modelBPE
	change(m)
	return m.Marshal()
}

func TestParseRefuses(t *testing.T) {
	add := func(p Piece) func(*Model) { return func(m *Model) { m.pieces = append(m.pieces, p) } }
	whole := unchecked(func(*Model) {})
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty file", nil, "the file is empty"},
		{"LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), "Git LFS pointer"},
		{"Llama 3", []byte("IQ== 0\nIg== 1\n"), "tiktoken vocabulary, as Llama 3"},
		{"JSON", []byte("{\"version\": \"1.0\"}"), "JSON"},
		{"web page", []byte("<!doctype html>"), "web page"},
		{"unigram", unchecked(func(m *Model) { m.trainer.modelType = 1 }), "only BPE"},
		{"char", unchecked(func(m *Model) { m.trainer.modelType = 4 }), "CHAR"},
		{"truncated", whole[:len(whole)-2], "byte "},
		{"cut between pieces", []byte{1<<3 | 2, 3, 1<<3 | 2, 1, 'a'}, "pieces and no trainer_spec"},
		{"not protobuf", []byte("version https://git-lfs"), "byte 0"},
		{"pieces as numbers", []byte{1 << 3, 7}, "wrong wire type"},
		{"no unknown", unchecked(func(m *Model) { m.pieces = m.pieces[1:] }), "no unknown piece"},
		{"two unknown", unchecked(add(Piece{"<u>", 0, Unknown})), "piece 3: a second unknown"},
		{"empty piece", unchecked(add(Piece{"", 0, Normal})), "piece 3"},
		{"long piece", unchecked(add(Piece{strings.Repeat("a", maxPieceBytes+1), 0, Normal})), "piece 3"},
		{"not UTF-8", unchecked(add(Piece{"\xff", 0, Normal})), "piece 3"},
		{"score not a number", unchecked(add(Piece{"b", float32(math.NaN()), Normal})), "piece 3"},
		{"unknown type", unchecked(add(Piece{"b", 0, 9})), "type 9"},
		{"twice", unchecked(add(Piece{"a", 0, Normal})), "same text"},
		{"twice, reserved", unchecked(add(Piece{"<s>", 0, Normal})), "same text"},
		{"control of one character", unchecked(add(Piece{"é", 0, Control})), "one character"},
		{"NUL in user-defined", unchecked(add(Piece{"a\x00", 0, UserDefined})), "NUL"},
		{"not a byte", unchecked(add(Piece{"<0xG0>", 0, Byte})), "name of a byte"},
		{"byte in lower case", unchecked(add(Piece{"<0x0a>", 0, Byte})), "name of a byte"},
		{"byte without fallback", unchecked(add(Piece{"<0x0A>", 0, Byte})), "<0x0A>"},
		{"fallback without bytes", unchecked(func(m *Model) { m.trainer.byteFallback = true }), "<0x00>"},
		{"rule too short", unchecked(func(m *Model) { m.normalizer.charsmap = []byte{1, 0, 0} }), "normalisation rule"},
		{"rule's trie too long", unchecked(func(m *Model) { m.normalizer.charsmap = []byte{8, 0, 0, 0, 1, 2, 3, 4} }), "normalisation rule"},
		{"denormalizer", append(bytes.Clone(whole), 5<<3|2, 3, 2<<3|2, 1, 9), "denormalizer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) || exit.Of(err) != exit.BadData {
				t.Errorf("got %v, want an error of bad data with %q", err, test.want)
			}
		})
	}
}

func TestMarshalRoundTrip(t *testing.T) {
	for _, name := range goldenModels {
		m := goldenModel(t, name)
		again, err := Parse(m.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		opts := cmp.AllowUnexported(trainerSpec{}, normalizerSpec{})
		if diff := cmp.Diff([]any{m.pieces, m.trainer, m.normalizer}, []any{again.pieces, again.trainer, again.normalizer}, opts); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDecodeRefusesForeignID(t *testing.T) {
	m := goldenModel(t, "symbols")
	for _, id := range []int32{-1, int32(m.Size())} {
		if _, err := m.Decode([]int32{0, id}); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "index 1") {
			t.Errorf("id %d: %v", id, err)
		}
	}
}

// Any damage is an error or a model that encodes any text: never a panic.
func FuzzParse(f *testing.F) {
	for _, name := range goldenModels {
		if model := goldenModel(f, name); name != "nfkc" {
			f.Add(model.Marshal(), "a b\xff")
		}
	}
	f.Add(unchecked(func(m *Model) { m.normalizer.charsmap = []byte{4, 0, 0, 0, 1, 2, 3, 4, 'x'} }), "ab")
	f.Add(unchecked(func(m *Model) { m.pieces = append(m.pieces, Piece{"▁a", 0, Unused}) }), "a a")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		for _, id := range m.NewEncoder().Encode(nil, text) {
			if id < 0 || int(id) >= m.Size() {
				t.Fatalf("id %d of %d", id, m.Size())
			}
		}
	})
}

// Damage to the rule of a real model must not reach outside of it.
func TestDamagedCharsmap(t *testing.T) {
	whole := goldenModel(t, "nfkc").normalizer.charsmap
	rapid.Check(t, func(t *rapid.T) {
		blob := bytes.Clone(whole)
		for _, at := range rapid.SliceOfN(rapid.IntRange(4, len(blob)-1), 1, 2000).Draw(t, "at") {
			blob[at] ^= byte(at*31 + 1)
		}
		m := &Model{trainer: defaultTrainer(), normalizer: defaultNormalizer(), pieces: []Piece{{"<unk>", 0, Unknown}}}
		m.trainer.modelType, m.normalizer.charsmap = modelBPE, blob
		if err := m.index(); err != nil {
			t.Fatal(err)
		}
		checkFirst(t, m.NewEncoder(), rapid.String().Draw(t, "text")+"é①\x01 ｱ", rapid.IntRange(0, 9).Draw(t, "limit"), 1)
	})
}
