package hf

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// pipeline is tokenizer.json, the file of the tokenizers library
// (https://huggingface.co/docs/tokenizers/api/tokenizer).
type pipeline struct {
	Version       string        `json:"version"`
	Truncation    any           `json:"truncation"`
	Padding       any           `json:"padding"`
	AddedTokens   []added.Token `json:"added_tokens"`
	Normalizer    *step         `json:"normalizer"`
	PreTokenizer  *step         `json:"pre_tokenizer"`
	PostProcessor template      `json:"post_processor"`
	Decoder       step          `json:"decoder"`
	Model         mergeModel    `json:"model"`
}

// step is one of the library's normalizers, pre-tokenizers or decoders.
type step struct {
	Type          string   `json:"type"`
	Normalizers   []step   `json:"normalizers,omitempty"`
	Decoders      []step   `json:"decoders,omitempty"`
	Prepend       string   `json:"prepend,omitempty"`
	Pattern       *pattern `json:"pattern,omitempty"`
	Content       string   `json:"content,omitempty"`
	Start         *int     `json:"start,omitempty"`
	Stop          *int     `json:"stop,omitempty"`
	Replacement   string   `json:"replacement,omitempty"`
	PrependScheme string   `json:"prepend_scheme,omitempty"`
	Split         *bool    `json:"split,omitempty"`
}

type pattern struct {
	String string
}

// template puts special tokens around one text or two.
type template struct {
	Type          string                    `json:"type"`
	Single        []templatePart            `json:"single"`
	Pair          []templatePart            `json:"pair"`
	SpecialTokens map[string]templateTokens `json:"special_tokens"`
}

type templatePart struct {
	SpecialToken *templateID `json:",omitempty"`
	Sequence     *templateID `json:",omitempty"`
}

type templateID struct {
	ID     string `json:"id"`
	TypeID int    `json:"type_id"`
}

type templateTokens struct {
	ID     string   `json:"id"`
	IDs    []int32  `json:"ids"`
	Tokens []string `json:"tokens"`
}

// mergeModel is byte-pair encoding by a list of merges, the first to be made first.
type mergeModel struct {
	Type                    string           `json:"type"`
	Dropout                 *float64         `json:"dropout"`
	UnkToken                string           `json:"unk_token"`
	ContinuingSubwordPrefix *string          `json:"continuing_subword_prefix"`
	EndOfWordSuffix         *string          `json:"end_of_word_suffix"`
	FuseUnk                 bool             `json:"fuse_unk"`
	ByteFallback            bool             `json:"byte_fallback"`
	IgnoreMerges            bool             `json:"ignore_merges"`
	Vocab                   map[string]int32 `json:"vocab"`
	Merges                  [][2]string      `json:"merges"`
}

// space stands for U+0020 inside pieces.
const space = "\u2581"

// newPipeline does what SentencePiece does with a model that was trained here: a
// space before the text, whatever the text begins with, then merges.
func newPipeline(m *sentencepiece.Model) pipeline {
	p := pipeline{
		Version: "1.0",
		Normalizer: &step{Type: "Sequence", Normalizers: []step{
			{Type: "Prepend", Prepend: space},
			{Type: "Replace", Pattern: &pattern{" "}, Content: space},
		}},
		PostProcessor: beginWith(m.Piece(m.BOS()).Text, m.BOS()),
		Decoder: step{Type: "Sequence", Decoders: []step{
			{Type: "Replace", Pattern: &pattern{space}, Content: " "},
			{Type: "ByteFallback"},
			{Type: "Fuse"},
			{Type: "Strip", Content: " ", Start: new(1), Stop: new(0)},
		}},
		Model: mergeModel{
			Type: "BPE", UnkToken: m.Piece(m.Unk()).Text, FuseUnk: true, ByteFallback: true,
			Vocab: map[string]int32{}, Merges: mergesOf(m),
		},
	}
	for id := range int32(m.Size()) {
		piece := m.Piece(id)
		p.Model.Vocab[piece.Text] = id
		if piece.Type == sentencepiece.Control || piece.Type == sentencepiece.Unknown {
			p.AddedTokens = append(p.AddedTokens, added.Token{ID: id, Content: piece.Text, Special: true})
		}
	}
	return p
}

// beginWith puts a token before each text.
func beginWith(text string, id int32) template {
	part := func(typeID int) templatePart { return templatePart{SpecialToken: &templateID{text, typeID}} }
	first, second := templatePart{Sequence: &templateID{"A", 0}}, templatePart{Sequence: &templateID{"B", 1}}
	return template{
		Type:          "TemplateProcessing",
		Single:        []templatePart{part(0), first},
		Pair:          []templatePart{part(0), first, part(1), second},
		SpecialTokens: map[string]templateTokens{text: {text, []int32{id}, []string{text}}},
	}
}

// mergesOf lists each way to part a piece into two pieces, the piece of the higher
// score first, then the shorter left half.
func mergesOf(m *sentencepiece.Model) [][2]string {
	type merge struct {
		score float32
		parts [2]string
	}
	var all []merge
	for id := range int32(m.Size()) {
		piece := m.Piece(id)
		if piece.Type != sentencepiece.Normal {
			continue
		}
		for at := range piece.Text {
			left, right := piece.Text[:at], piece.Text[at:]
			if mergeable(m, left) && mergeable(m, right) {
				all = append(all, merge{piece.Score, [2]string{left, right}})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b merge) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(utf8.RuneCountInString(a.parts[0]), utf8.RuneCountInString(b.parts[0])))
	})
	merges := make([][2]string, len(all))
	for i, m := range all {
		merges[i] = m.parts
	}
	return merges
}

func mergeable(m *sentencepiece.Model, text string) bool {
	id, ok := m.ID(text)
	return ok && m.Piece(id).Type == sentencepiece.Normal
}
