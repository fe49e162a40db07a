package hf

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

// tokensOf brings together what the files say of added and special tokens, by id.
// Where two of them differ, transformers 4 and 5 read one or the other.
func tokensOf(m *sentencepiece.Model, s *settings, f *fast, added []byte) ([]token, error) {
	if strings.HasPrefix(s.class, "LlamaTokenizer") {
		s.addDefaults()
	}
	t := &tokens{model: m, byID: map[int32]token{}, byText: map[string]int32{}}
	steps := []func() error{
		func() error { return t.addDecoder(s, f) },
		func() error { return t.addFile(added, s) },
		func() error { return t.addSpecial(s) },
		func() error { t.addPieces(f); return nil },
		t.check,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Values(t.byID), func(a, b token) int { return cmp.Compare(a.ID, b.ID) }), nil
}

type tokens struct {
	model  *sentencepiece.Model
	byID   map[int32]token
	byText map[string]int32
}

func (t *tokens) add(of token) {
	t.byID[of.ID], t.byText[of.Content] = of, of.ID
}

// addDecoder takes added_tokens_decoder and the added tokens of tokenizer.json,
// which are the same where both are there.
func (t *tokens) addDecoder(s *settings, f *fast) error {
	for text, token := range s.added {
		id, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return fmt.Errorf("%s: added_tokens_decoder: a key is no id", configFile)
		}
		token.ID = int32(id)
		t.add(token)
	}
	if f == nil {
		return nil
	}
	for _, token := range f.Tokens {
		if other, ok := t.byID[token.ID]; s.added != nil && (!ok || other != token) {
			return fmt.Errorf("%s: the added token %d is another in %s's added_tokens_decoder, or not there; make them agree", fastFile, token.ID, configFile)
		}
		t.add(token)
	}
	if s.added != nil && len(s.added) != len(f.Tokens) {
		return fmt.Errorf("%s: added_tokens_decoder has %d tokens, %s %d; make them agree", configFile, len(s.added), fastFile, len(f.Tokens))
	}
	return nil
}

// addFile takes added_tokens.json: ids by text. transformers reads it only where
// there is no added_tokens_decoder.
func (t *tokens) addFile(data []byte, s *settings) error {
	var ids map[string]int32
	if data != nil {
		if err := jsonfile.Unmarshal(data, &ids); err != nil {
			return fmt.Errorf("%s: %w", addedFile, err)
		}
	}
	for text, id := range ids {
		known, ok := t.byText[text]
		switch {
		case ok && known != id:
			return fmt.Errorf("%s: the token with id %d has the id %d in %s or %s; make them agree", addedFile, id, known, configFile, fastFile)
		case !ok && s.added != nil:
			return fmt.Errorf("%s: the token with id %d is not in %s's added_tokens_decoder; make them agree", addedFile, id, configFile)
		case !ok:
			special := slices.ContainsFunc(s.special, func(n named) bool { return n.Content == text })
			t.add(token{ID: id, Content: text, Special: special, Normalized: !special})
		}
	}
	return nil
}

// addSpecial takes the tokens that keys name. One that is in no vocabulary would
// get an id of transformers' own making.
func (t *tokens) addSpecial(s *settings) error {
	for _, n := range s.special {
		if id, ok := t.byText[n.Content]; ok {
			known := t.byID[id]
			known.Special = true
			t.add(known)
			continue
		}
		id, ok := t.model.ID(n.Content)
		if !ok {
			return fmt.Errorf("%s: the token is neither in %s nor among the added tokens; add it, with a row of the model's embedding, or name another", n.key, ModelFile)
		}
		n.ID = id
		t.add(n.token)
	}
	return nil
}

// addPieces takes the control and user-defined pieces of a tokenizer.model that has
// no tokenizer.json beside it.
func (t *tokens) addPieces(f *fast) {
	for id := range int32(t.model.Size()) {
		piece := t.model.Piece(id)
		_, known := t.byText[piece.Text]
		if f == nil && !known && (piece.Type == sentencepiece.Control || piece.Type == sentencepiece.UserDefined) {
			t.add(token{ID: id, Content: piece.Text, Special: piece.Type == sentencepiece.Control})
		}
	}
}

// check compares the ids with the pieces': transformers counts on from the last.
func (t *tokens) check() error {
	size := int32(t.model.Size())
	beyond := int32(0)
	for id, token := range t.byID {
		piece, isPiece := t.model.ID(token.Content)
		switch {
		case token.Content == "":
			return fmt.Errorf("the added token %d is empty", id)
		case id < 0, isPiece && piece != id, !isPiece && id < size:
			return fmt.Errorf("the added token %d has another id in %s, or its id is another piece's; the files are of different tokenizers", id, ModelFile)
		case t.byText[token.Content] != id:
			return fmt.Errorf("the added token %d has a second id", id)
		case id >= size:
			beyond++
		}
	}
	for id := size; id < size+beyond; id++ {
		if _, ok := t.byID[id]; !ok {
			return fmt.Errorf("no added token has the id %d, the next after %s; ids must follow on without a gap", id, ModelFile)
		}
	}
	return nil
}

// control is the id of the token that bos_token or eos_token names, own where
// neither file has the key, -1 where it is null.
func control(s *settings, tokens []token, key string, own int32) (int32, error) {
	if slices.Contains(s.none, key) {
		return -1, nil
	}
	id := own
	for i, n := range slices.DeleteFunc(slices.Clone(s.special), func(n named) bool { return n.key != key }) {
		other := tokens[slices.IndexFunc(tokens, func(t token) bool { return t.Content == n.Content })].ID
		if i > 0 && other != id {
			return 0, fmt.Errorf("%s: is token %d in %s and token %d in %s; make them agree", key, id, configFile, other, specialsFile)
		}
		id = other
	}
	return id, nil
}
