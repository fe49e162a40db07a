package bytebpe

import (
	"context"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/bpe"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// open reads tokenizer.json where it is there, as transformers does, else vocab.json
// and merges.txt, and the files beside them.
func open(ctx context.Context, folder tokenizer.Folder) (tokenizer.Tokenizer, error) {
	d, err := folder.Definition(ctx)
	if err != nil {
		return nil, err
	}
	names := []string{added.FastFile, added.ConfigFile, added.SpecialsFile, added.File}
	if d == nil {
		names = append(names, vocabFile, mergesFile)
	}
	files, err := folder.ReadAll(ctx, names...)
	if err != nil {
		return nil, err
	}
	if err := refuseAnother(ctx, folder); err != nil {
		return nil, err
	}
	s, err := parseSettings(ctx, folder, files)
	if err == nil {
		var t *Tokenizer
		if t, err = assemble(d, s, files); err == nil {
			return t, nil
		}
	}
	return nil, exit.Errorf(exit.BadData, "%s: %w", folder.URI(), err)
}

// refuseAnother refuses a SentencePiece model beside a byte-level tokenizer. A tiktoken
// vocabulary, which Llama 3 has under the same name, is another form of this one.
func refuseAnother(ctx context.Context, folder tokenizer.Folder) error {
	data, err := folder.Read(ctx, "tokenizer.model")
	if data == nil || err != nil {
		return err
	}
	if _, err := sentencepiece.Parse(data); err != nil {
		return nil
	}
	return exit.Errorf(exit.BadData, "%s: pre_tokenizer of tokenizer.json is byte-level, and tokenizer.model is SentencePiece's: they are of different tokenizers; take one out", folder.URI())
}

// assemble brings the files together; d is nil where there is no tokenizer.json.
func assemble(d *tokenizer.Definition, s *settings, files map[string][]byte) (t *Tokenizer, err error) {
	t = &Tokenizer{}
	if t.files, err = added.WithClass(files, s.Class); err != nil {
		return nil, err
	}
	if t.pipeline, err = s.pipeline(d); err != nil {
		return nil, err
	}
	from := added.Sources{Of: vocabFile, Settings: s.Settings, Added: files[added.File]}
	if d == nil {
		t.model, err = bpe.ParseFiles(files[vocabFile], files[mergesFile])
	} else {
		from.Of = added.FastFile
		t.model, from.Fast, err = parseFast(d)
	}
	if err != nil {
		return nil, err
	}
	if err := t.takeBytes(); err != nil {
		return nil, fmt.Errorf("%s: %w", from.Of, err)
	}
	t.takeWholes()
	from.Vocabulary = t.model
	tokens, err := added.List(from)
	if err != nil {
		return nil, err
	}
	t.takeTokens(tokens, s.SplitSpecial)
	return t, t.takeSpecial(tokens, s, d)
}

// parseFast reads the model and the added tokens of a tokenizer.json.
func parseFast(d *tokenizer.Definition) (*bpe.Model, []added.Token, error) {
	m, err := bpe.Parse(d.Model)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", added.FastFile, err)
	}
	tokens := []added.Token{} // not nil: the file is there
	if d.AddedTokens != nil {
		err = jsonfile.Unmarshal(d.AddedTokens, &tokens)
	}
	if err != nil {
		return nil, nil, errors.New(added.FastFile + ": added_tokens: is no list of tokens")
	}
	return m, tokens, nil
}
