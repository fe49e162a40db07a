package tokenizer_test

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// words is a kind of tokenizer that this file alone adds: an id for each word of
// the vocabulary in tokenizer.json, and [UNK] for all others. [CLS] stands before
// each text.
func init() {
	tokenizer.Register(tokenizer.Kind{
		Name: "words", Sign: `model.type "Words"`,
		Holds: func(ctx context.Context, f tokenizer.Folder) (bool, error) { return f.ModelType(ctx) == "Words", nil },
		Open:  openWords,
	})
}

type wordsFile struct {
	Model struct {
		Type       string   `json:"type"`
		Vocabulary []string `json:"vocab"`
	} `json:"model"`
}

type words struct {
	vocabulary []string
	ids        map[string]int32
}

func openWords(ctx context.Context, folder tokenizer.Folder) (tokenizer.Tokenizer, error) {
	data, err := folder.Read(ctx, "tokenizer.json")
	if err != nil {
		return nil, err
	}
	var of wordsFile
	if err := json.Unmarshal(data, &of); err != nil {
		return nil, err
	}
	w := &words{vocabulary: of.Model.Vocabulary, ids: map[string]int32{}}
	for id, word := range w.vocabulary {
		w.ids[word] = int32(id)
	}
	if w.id("[UNK]") < 0 {
		return nil, exit.Errorf(exit.BadData, "%s/tokenizer.json: lacks [UNK]; add it", folder.URI())
	}
	return w, nil
}

func (w *words) id(word string) int32 {
	if id, known := w.ids[word]; known {
		return id
	}
	return -1
}

func (w *words) NewEncoder() tokenizer.Encoder { return w }

func (w *words) Encode(dst []int32, text string, limit int) []int32 {
	for word := range strings.FieldsSeq(text) {
		if limit--; limit < 0 {
			break
		}
		id := w.id(word)
		if id < 0 {
			id = w.id("[UNK]")
		}
		dst = append(dst, id)
	}
	return dst
}

func (w *words) Decode(ids []int32) (string, error) {
	var text []string
	for i, id := range ids {
		if id < 0 || int(id) >= len(w.vocabulary) {
			return "", exit.Errorf(exit.BadData, "decode: id at index %d is not in the vocabulary", i)
		}
		text = append(text, w.vocabulary[id])
	}
	return strings.Join(text, " "), nil
}

func (w *words) Special() tokenizer.Special {
	return tokenizer.Special{BOS: w.id("[CLS]"), EOS: w.id("[SEP]"), Pad: w.id("[PAD]"), AddBOS: true}
}

func (w *words) Size() int { return len(w.vocabulary) }

func (w *words) Save(out *dataset.Writer) error {
	var of wordsFile
	of.Model.Type, of.Model.Vocabulary = "Words", w.vocabulary
	return out.WriteJSON("tokenizer.json", of)
}
