package tokenizer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/textio"
)

// Definition are the sections of tokenizer.json, the file of the tokenizers library
// (https://huggingface.co/docs/tokenizers/api/tokenizer), undecoded: a kind reads what
// is its own. A section that is missing is nil.
type Definition struct {
	Type string // model.type, such as "BPE"; "" where it is not said
	AddedTokens, Normalizer, PreTokenizer, PostProcessor, Decoder,
	Truncation, Model json.RawMessage
}

// Definition reads tokenizer.json, nil where the folder has none. A malformed one, and
// one with sections that are not known, is an error of exit.BadData.
func (f Folder) Definition(ctx context.Context) (*Definition, error) {
	if *f.definition != nil {
		return *f.definition, nil
	}
	data, err := f.Read(ctx, "tokenizer.json")
	if data == nil || err != nil {
		return nil, err
	}
	d, err := ParseDefinition(data)
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s/tokenizer.json: %w", f.URI(), err)
	}
	*f.definition = d
	return d, nil
}

// ParseDefinition reads a tokenizer.json. The error goes behind the file's name.
func ParseDefinition(data []byte) (*Definition, error) {
	d := &Definition{}
	err := jsonfile.EachMember(textio.WithoutMark(data), d.take)
	if err == nil && d.Model != nil {
		d.Type, err = modelType(d.Model)
	}
	if err == nil {
		return d, nil
	}
	var whole struct{} // says where it is malformed, which EachMember does not
	if malformed := jsonfile.Unmarshal(data, &whole); malformed != nil {
		err = malformed
	}
	return nil, err
}

// take takes one section.
func (d *Definition) take(name string, value []byte) error {
	sections := map[string]*json.RawMessage{
		"added_tokens": &d.AddedTokens, "normalizer": &d.Normalizer, "pre_tokenizer": &d.PreTokenizer,
		"post_processor": &d.PostProcessor, "decoder": &d.Decoder, "truncation": &d.Truncation, "model": &d.Model,
		"padding": {}, "version": {}, // bear on no text's ids
	}
	section, known := sections[name]
	if !known {
		return fmt.Errorf("%s: is not known to this program: it may change the ids; take it out if it does not", name)
	}
	*section = value
	return nil
}

// modelType is the type of a model. Files of before version 0.9 of the library do not
// say it: one with merges is BPE.
func modelType(model []byte) (kind string, err error) {
	merges := false
	err = jsonfile.EachMember(model, func(key string, value []byte) (err error) {
		merges = merges || key == "merges"
		if key == "type" {
			kind, err = jsonfile.String(value)
		}
		return err
	})
	if kind == "" && merges {
		kind = "BPE"
	}
	return kind, err
}

// ByteLevel says whether the pre-tokenizer makes bytes of a text's characters.
func (d *Definition) ByteLevel() bool {
	return d != nil && bytes.Contains(d.PreTokenizer, []byte(`"ByteLevel"`))
}
