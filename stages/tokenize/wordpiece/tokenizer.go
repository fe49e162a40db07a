// Package wordpiece is BERT's tokenizer: a text is normalised, split into words at
// blanks and punctuation, and each word into the longest pieces of a vocabulary. It is
// read from vocab.txt, or from tokenizer.json with WordPiece as its model's type, and
// the files that transformers keeps beside them.
package wordpiece

import (
	"context"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// VocabularyFile is the name of a vocabulary in a Hugging Face folder.
const VocabularyFile = "vocab.txt"

// modelType is model.type of a tokenizer.json.
const modelType = "WordPiece"

func init() {
	tokenizer.Register(tokenizer.Kind{Name: "WordPiece", Sign: VocabularyFile, Holds: holds, Open: open})
}

// holds says whether a folder is BERT's. Its vocab.txt is not looked at where
// tokenizer.json has a model of another type.
func holds(ctx context.Context, f tokenizer.Folder) (bool, error) {
	switch f.ModelType(ctx) {
	case modelType:
		return true, nil
	case "":
		return f.Has(ctx, VocabularyFile)
	}
	return false, nil
}

// Tokenizer is the tokenizer of a folder. It implements tokenizer.Tokenizer.
type Tokenizer struct {
	vocabulary *vocabulary
	tokens     []added.Token // by id
	normalizer normalizer
	bytes      *byteTable // how text is taken that lies between tokens
	normalizes bool       // such text is normalised first, to find further tokens in it
	literal    *added.Matcher
	normalized *added.Matcher
	special    tokenizer.Special
	decoder    decoder
	files      tokenizer.Contents // from which the same tokenizer is read, by name
}

// Special implements tokenizer.Tokenizer: BOS is [CLS], EOS is [SEP].
func (t *Tokenizer) Special() tokenizer.Special { return t.special }

// Size implements tokenizer.Tokenizer.
func (t *Tokenizer) Size() int {
	size := t.vocabulary.Size()
	if n := len(t.tokens); n > 0 {
		size = max(size, int(t.tokens[n-1].ID)+1)
	}
	return size
}

// Save implements tokenizer.Tokenizer.
func (t *Tokenizer) Save(out *dataset.Writer) error { return t.files.Save(out) }

// Decode implements tokenizer.Tokenizer.
func (t *Tokenizer) Decode(ids []int32) (string, error) {
	var text strings.Builder
	begun := false
	for i, id := range ids {
		if id < 0 || int(id) >= t.Size() {
			return "", exit.Errorf(exit.BadData, "decode: id at index %d is not in the vocabulary", i)
		}
		token, special := t.token(id)
		if special {
			continue
		}
		text.WriteString(t.decoder.part(token, !begun))
		begun = true
	}
	return text.String(), nil
}

// token is the text of a token.
func (t *Tokenizer) token(id int32) (text string, special bool) {
	if int(id) < t.vocabulary.Size() {
		text = t.vocabulary.pieces[id]
	}
	if at, found := slices.BinarySearchFunc(t.tokens, id, func(t added.Token, id int32) int { return int(t.ID - id) }); found {
		text, special = t.tokens[at].Content, t.tokens[at].Special
	}
	return text, special
}

// decoder puts the tokens of a text together.
type decoder struct {
	joins   bool   // those that go on with a word are joined to it
	prefix  string // with which these begin
	cleanup bool   // blanks before punctuation are left out
}

// clean has the spellings of the tokenizers library's cleanup, which follow one another.
var clean = [][2]string{
	{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"},
	{" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
}

// part is what a token adds to a text; first says that it is the first.
func (d decoder) part(token string, first bool) string {
	rest, goesOn := strings.CutPrefix(token, d.prefix)
	switch {
	case first:
	case goesOn && d.joins:
		token = rest
	default:
		token = " " + token
	}
	if d.cleanup {
		for _, of := range clean {
			token = strings.ReplaceAll(token, of[0], of[1])
		}
	}
	return token
}
