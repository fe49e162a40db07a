package tokenizer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/store"
)

// Kind is a kind of tokenizer. Its package registers it when it is imported.
type Kind struct {
	// Name is what the field calls the kind, such as "SentencePiece BPE".
	Name string
	// Sign is the file, or what in a file, by which Holds knows the kind, for
	// messages: "tokenizer.model".
	Sign string
	// Holds says whether the tokenizer in a folder is of this kind. Only one kind
	// may say so of a folder.
	Holds func(context.Context, Folder) (bool, error)
	// Open reads the tokenizer of a folder that Holds said yes to. A damaged or
	// unsupported one is an error of exit.BadData.
	Open func(context.Context, Folder) (Tokenizer, error)
}

var kinds []Kind // by name

// Register makes a kind known to Open. It panics on a second kind of one name,
// which is a fault of the program.
func Register(k Kind) {
	at, taken := slices.BinarySearchFunc(kinds, k.Name, func(k Kind, name string) int { return cmp.Compare(k.Name, name) })
	if taken {
		panic("the tokenizer kind " + k.Name + " is registered twice")
	}
	kinds = slices.Insert(kinds, at, k)
}

// Open reads the tokenizer of a Hugging Face folder, of whichever kind it is. A
// folder without a tokenizer of a known kind is an error of exit.Usage; one with
// two, with a damaged one, or with more tokens than the model in the same folder
// has rows for is an error of exit.BadData.
func Open(ctx context.Context, dir store.Dir) (Tokenizer, error) {
	folder := newFolder(dir)
	var held []Kind
	for _, k := range kinds {
		holds, err := k.Holds(ctx, folder)
		if err != nil {
			return nil, err
		}
		if holds {
			held = append(held, k)
		}
	}
	switch len(held) {
	case 0:
		return nil, unknown(ctx, folder)
	case 1:
	default:
		return nil, exit.Errorf(exit.BadData, "%s holds tokenizers of two kinds, %s and %s; take the files of one out", dir.URI(), held[0].Name, held[1].Name)
	}
	t, err := held[0].Open(ctx, folder)
	if err != nil {
		return nil, err
	}
	for _, id := range []int32{t.Special().BOS, t.Special().EOS, t.Special().Pad} {
		if id < -1 || int(id) >= t.Size() {
			return nil, exit.Errorf(exit.BadData, "%s: the special token %d has no entry in the vocabulary of %d tokens; the files are of different tokenizers", dir.URI(), id, t.Size())
		}
	}
	return t, checkVocabulary(ctx, folder, t.Size())
}

// unknown names what the folder lacks, and the kinds that there are.
func unknown(ctx context.Context, folder Folder) error {
	var signs, names []string
	for _, k := range kinds {
		signs, names = append(signs, k.Sign), append(names, k.Name)
	}
	has := "no " + strings.Join(signs, ", no ")
	switch of, err := folder.Definition(ctx); {
	case err != nil:
		return err
	case of != nil:
		has = fmt.Sprintf("model.type %q in its tokenizer.json and %s", of.Type, has)
	}
	return exit.Errorf(exit.Usage, "%s has %s; give the folder of a tokenizer, of these kinds: %s", folder.URI(), has, strings.Join(names, ", "))
}

// checkVocabulary compares the tokenizer's size with the config.json of a model in
// the same folder.
func checkVocabulary(ctx context.Context, folder Folder, size int) error {
	config, err := folder.Read(ctx, "config.json")
	if err != nil {
		return err
	}
	var c struct {
		VocabSize *int `json:"vocab_size"`
	}
	if config == nil || jsonfile.Unmarshal(config, &c) != nil || c.VocabSize == nil || *c.VocabSize >= size {
		return nil // what else is wrong with a model's config.json is for those who read the model
	}
	return exit.Errorf(exit.BadData, "%s: config.json: vocab_size is %d, but the tokenizer has %d tokens: those beyond have no row of the embedding; resize the model, or take added tokens out of the tokenizer's files", folder.URI(), *c.VocabSize, size)
}
