package bytebpe

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

const endOfText = "<|endoftext|>"

// class is a tokenizer class of transformers with a pipeline of its own: version 5
// takes of a tokenizer.json only vocabulary, merges, added tokens and post_processor.
type class struct {
	pipeline
	defaults map[string]string // tokens that it has without being told
}

var classes = map[string]class{
	"GPT2Tokenizer":  {pipeline{pattern: gpt2Pattern}, map[string]string{"unk_token": endOfText, "bos_token": endOfText, "eos_token": endOfText}},
	"Qwen2Tokenizer": {pipeline{pattern: qwen2Pattern, nfc: true}, map[string]string{"unk_token": endOfText, "eos_token": endOfText, "pad_token": endOfText}},
}

// ofModel are the classes of models whose files name none, by config.json's
// model_type.
var ofModel = map[string]string{"gpt2": "GPT2Tokenizer", "qwen2": "Qwen2Tokenizer"}

// plain are the classes that take tokenizer.json as it is. LlamaTokenizer does so
// where it is byte-level, as Llama 3's.
var plain = map[string]bool{"": true, "PreTrainedTokenizer": true, "TokenizersBackend": true, "LlamaTokenizer": true}

// settings are those of the files beside the vocabulary.
type settings struct {
	*added.Settings
	addPrefixSpace *bool
	className      string // without Fast
}

func parseSettings(ctx context.Context, folder tokenizer.Folder, files map[string][]byte) (*settings, error) {
	shared, err := added.ParseSettings(files[added.ConfigFile], files[added.SpecialsFile], "add_prefix_space", "errors")
	if err != nil {
		return nil, err
	}
	s := &settings{Settings: shared}
	if s.Class == "" {
		if s.Class, err = classOfModel(ctx, folder); err != nil {
			return nil, err
		}
	}
	s.className = strings.TrimSuffix(s.Class, "Fast")
	s.Default(classes[s.className].defaults)
	errors := "replace"
	if err := s.Key("errors", &errors); err != nil || errors != "replace" {
		return nil, fmt.Errorf("%s: errors: only replace is supported", added.ConfigFile)
	}
	return s, s.Key("add_prefix_space", &s.addPrefixSpace)
}

// classOfModel is the class that config.json in the same folder names or stands for, ""
// where there is none.
func classOfModel(ctx context.Context, folder tokenizer.Folder) (string, error) {
	config, err := folder.Read(ctx, "config.json")
	if config == nil || err != nil {
		return "", err
	}
	var of struct {
		Class     string `json:"tokenizer_class"`
		ModelType string `json:"model_type"`
	}
	if jsonfile.Unmarshal(config, &of) != nil {
		return "", nil // what is wrong with a model's config.json is for those who read the model
	}
	return cmp.Or(of.Class, ofModel[of.ModelType]), nil
}

// pipeline is the one by which transformers reads the folder; d is nil where there is
// no tokenizer.json. One that version 4 reads in another way than version 5 is refused.
func (s *settings) pipeline(d *tokenizer.Definition) (pipeline, error) {
	own, hasOwn := classes[s.className]
	if s.addPrefixSpace != nil {
		own.prefixSpace = *s.addPrefixSpace
	}
	if !hasOwn && !plain[s.className] || !hasOwn && d == nil {
		return pipeline{}, fmt.Errorf("%s: tokenizer_class: is %q; supported are GPT2Tokenizer and Qwen2Tokenizer, and with a byte-level %s PreTrainedTokenizerFast", added.ConfigFile, s.Class, added.FastFile)
	}
	if d == nil {
		return own.pipeline, nil
	}
	p, err := parsePipeline(d)
	switch {
	case err != nil:
		return p, err
	case hasOwn && p != own.pipeline:
		return p, fmt.Errorf("%s: normalizer, pre_tokenizer: are not those of %s, which transformers 5 takes in their place; make PreTrainedTokenizerFast the tokenizer_class if they are meant", added.FastFile, s.className)
	case s.addPrefixSpace != nil && p.prefixSpace != *s.addPrefixSpace:
		return p, fmt.Errorf("%s: add_prefix_space: is another in %s; make them agree", added.ConfigFile, added.FastFile)
	}
	return p, nil
}
