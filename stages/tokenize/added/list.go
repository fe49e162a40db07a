package added

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/internal/jsonfile"
)

// Vocabulary is what a model says of its own pieces.
type Vocabulary interface {
	Size() int
	ID(text string) (int32, bool)
}

// Sources are what a folder says of added and special tokens.
type Sources struct {
	Vocabulary Vocabulary
	Of         string // the file of the Vocabulary, for messages
	Settings   *Settings
	Fast       []Token // added_tokens of tokenizer.json, nil where there is no such file
	Added      []byte  // added_tokens.json, nil where there is no such file
	Own        []Token // those that the model names itself; what files say of them goes before
}

// List brings together what the files say, by id. Where two of them differ,
// transformers 4 and 5 read one or the other: that is an error.
func List(from Sources) ([]Token, error) {
	t := &list{Sources: from, byID: map[int32]Token{}, byText: map[string]int32{}}
	for _, step := range []func() error{t.addDecoder, t.addFile, t.addSpecial, t.addOwn, t.check} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Values(t.byID), func(a, b Token) int { return cmp.Compare(a.ID, b.ID) }), nil
}

type list struct {
	Sources
	byID   map[int32]Token
	byText map[string]int32
}

func (t *list) add(of Token) {
	t.byID[of.ID], t.byText[of.Content] = of, of.ID
}

// addDecoder takes added_tokens_decoder and the added tokens of tokenizer.json,
// which are the same where both are there.
func (t *list) addDecoder() error {
	decoder := t.Settings.decoder
	for text, token := range decoder {
		id, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return fmt.Errorf("%s: added_tokens_decoder: a key is no id", ConfigFile)
		}
		token.ID = int32(id)
		t.add(token)
	}
	if t.Fast == nil {
		return nil
	}
	for _, token := range t.Fast {
		if other, ok := t.byID[token.ID]; decoder != nil && (!ok || other != token) {
			return fmt.Errorf("%s: the added token %d is another in %s's added_tokens_decoder, or not there; make them agree", FastFile, token.ID, ConfigFile)
		}
		t.add(token)
	}
	if decoder != nil && len(decoder) != len(t.Fast) {
		return fmt.Errorf("%s: added_tokens_decoder has %d tokens, %s %d; make them agree", ConfigFile, len(decoder), FastFile, len(t.Fast))
	}
	return nil
}

// addFile takes added_tokens.json: ids by text. transformers reads it only where
// there is no added_tokens_decoder.
func (t *list) addFile() error {
	var ids map[string]int32
	if t.Added != nil {
		if err := jsonfile.Unmarshal(t.Added, &ids); err != nil {
			return fmt.Errorf("%s: %w", File, err)
		}
	}
	for text, id := range ids {
		known, ok := t.byText[text]
		switch {
		case ok && known != id:
			return fmt.Errorf("%s: the token with id %d has the id %d in %s or %s; make them agree", File, id, known, ConfigFile, FastFile)
		case !ok && t.Settings.decoder != nil:
			return fmt.Errorf("%s: the token with id %d is not in %s's added_tokens_decoder; make them agree", File, id, ConfigFile)
		case !ok:
			special := slices.ContainsFunc(t.Settings.special, func(n named) bool { return n.Content == text })
			t.add(Token{ID: id, Content: text, Special: special, Normalized: !special})
		}
	}
	return nil
}

// addSpecial takes the tokens that keys name. One that is in no vocabulary would
// get an id of transformers' own making.
func (t *list) addSpecial() error {
	for _, n := range t.Settings.special {
		if id, ok := t.byText[n.Content]; ok {
			known := t.byID[id]
			known.Special = true
			t.add(known)
			continue
		}
		id, ok := t.Vocabulary.ID(n.Content)
		if !ok {
			return fmt.Errorf("%s: the token is neither in %s nor among the added tokens; add it, with a row of the model's embedding, or name another", n.key, t.Of)
		}
		n.ID = id
		t.add(n.Token)
	}
	return nil
}

// addOwn takes the tokens of the model that no file names.
func (t *list) addOwn() error {
	for _, own := range t.Own {
		if _, known := t.byText[own.Content]; !known {
			t.add(own)
		}
	}
	return nil
}

// check compares the ids with the pieces': transformers counts on from the last.
func (t *list) check() error {
	size := int32(t.Vocabulary.Size())
	beyond := int32(0)
	for id, token := range t.byID {
		piece, isPiece := t.Vocabulary.ID(token.Content)
		switch {
		case token.Content == "":
			return fmt.Errorf("the added token %d is empty", id)
		case id < 0, isPiece && piece != id, !isPiece && id < size:
			return fmt.Errorf("the added token %d has another id in %s, or its id is another piece's; the files are of different tokenizers", id, t.Of)
		case t.byText[token.Content] != id:
			return fmt.Errorf("the added token %d has a second id", id)
		case id >= size:
			beyond++
		}
	}
	for id := size; id < size+beyond; id++ {
		if _, ok := t.byID[id]; !ok {
			return fmt.Errorf("no added token has the id %d, the next after %s; ids must follow on without a gap", id, t.Of)
		}
	}
	return nil
}

// Named is the id of the token that a key such as bos_token names, one of tokens; own
// where neither file has the key, -1 where it is null.
func (s *Settings) Named(tokens []Token, key string, own int32) (int32, error) {
	if slices.Contains(s.none, key) {
		return -1, nil
	}
	id := own
	for i, n := range slices.DeleteFunc(slices.Clone(s.special), func(n named) bool { return n.key != key }) {
		other := tokens[slices.IndexFunc(tokens, func(t Token) bool { return t.Content == n.Content })].ID
		if i > 0 && other != id {
			return 0, fmt.Errorf("%s: is token %d in %s and token %d in %s; make them agree", key, id, ConfigFile, other, SpecialsFile)
		}
		id = other
	}
	return id, nil
}
