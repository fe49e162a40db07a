package hf

import (
	"fmt"
	"strings"

	"github.com/clinflow/clinflow/stages/tokenize/added"
)

// ownKeys are the keys of tokenizer_config.json that LlamaTokenizer alone has.
var ownKeys = []string{"legacy", "add_prefix_space"}

// settings are those of the files beside tokenizer.model.
type settings struct {
	*added.Settings
	legacy         *bool
	addPrefixSpace *bool
}

func parseSettings(config, specials []byte) (*settings, error) {
	shared, err := added.ParseSettings(config, specials, ownKeys...)
	if err != nil {
		return nil, err
	}
	s := &settings{Settings: shared}
	if s.Class == "" {
		s.Class = "LlamaTokenizer"
	}
	if strings.HasPrefix(s.Class, "LlamaTokenizer") {
		s.Default(map[string]string{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"})
	}
	if err := s.Key("legacy", &s.legacy); err != nil {
		return nil, err
	}
	return s, s.Key("add_prefix_space", &s.addPrefixSpace)
}

// rule says how the text between tokens gets the space that stands before its
// first word.
type rule struct {
	prefix prefix
	// replaced: tokens with `normalized` are looked for in a text whose spaces are
	// replaced, and which has its prefix.
	replaced bool
	disputed bool // version 5 of transformers reads the folder by another rule
}

type prefix int

const (
	never  prefix = iota
	first         // at the beginning of the whole text, unless it begins with a space
	always        // before each text between tokens that does not begin with a space
	each          // before each text between tokens
)

// rule is the one by which transformers reads the folder. Version 4 takes the rule
// of tokenizer.json where that file is there and add_prefix_space is not set, else
// the one that the key legacy asks for; LlamaTokenizer of version 5 has a rule of its
// own. Where the versions differ, version 4's is taken: for text without added tokens
// it is SentencePiece's.
func (s *settings) rule(f *fast) (rule, error) {
	switch s.Class {
	case "PreTrainedTokenizerFast", "TokenizersBackend":
		if f == nil {
			return rule{}, fmt.Errorf("tokenizer_class: %s needs a %s", s.Class, added.FastFile)
		}
		return f.rule, nil
	case "LlamaTokenizer", "LlamaTokenizerFast":
		four, five := s.rules()
		if f != nil && s.addPrefixSpace == nil {
			four = f.rule
		}
		four.disputed = four != five
		return four, nil
	}
	return rule{}, fmt.Errorf("tokenizer_class: is %q; only LlamaTokenizer, LlamaTokenizerFast and PreTrainedTokenizerFast are supported", s.Class)
}

// rules are those of versions 4 and 5 without a tokenizer.json.
func (s *settings) rules() (four, five rule) {
	four, five = rule{prefix: each, replaced: true}, rule{prefix: first}
	if s.legacy != nil && *s.legacy {
		five.prefix = always
	}
	if s.legacy != nil && !*s.legacy {
		four = five
	}
	if s.addPrefixSpace != nil && !*s.addPrefixSpace {
		four.prefix, five.prefix = never, never
	}
	return four, five
}

// wanted says whether a space is put before a text between tokens; atStart says
// that nothing came before it.
func (r rule) wanted(text string, atStart bool) bool {
	switch r.prefix {
	case each:
		return true
	case never:
		return false
	}
	blank := strings.HasPrefix(text, " ") || strings.HasPrefix(text, space)
	return !blank && (atStart || r.prefix == always)
}

// normalize is the content under which a token with `normalized` is looked for.
func (r rule) normalize(text string) string {
	if !r.replaced {
		return text
	}
	if r.prefix == each {
		text = " " + text
	}
	return strings.ReplaceAll(text, " ", space)
}

// ruleOf reads the rule of a tokenizer.json. false: it is one that this program
// does not know.
func ruleOf(normalizer, pretokenizer *step) (rule, bool) {
	var normalizers []step
	switch {
	case normalizer == nil:
	case normalizer.Type == "Sequence":
		normalizers = normalizer.Normalizers
	default:
		normalizers = []step{*normalizer}
	}
	prepended := len(normalizers) > 0 && normalizers[0].Type == "Prepend" && normalizers[0].Prepend == space
	switch t := pretokenizer; {
	case t == nil && prepended && len(normalizers) == 2 && normalizers[1].replacesSpaces():
		return rule{prefix: each, replaced: true}, true
	case t == nil && len(normalizers) == 1 && normalizers[0].replacesSpaces():
		return rule{prefix: never, replaced: true}, true
	case t != nil && len(normalizers) == 0:
		return t.metaspace()
	}
	return rule{}, false
}

func (s step) replacesSpaces() bool {
	return s.Type == "Replace" && s.Content == space && s.Pattern != nil && s.Pattern.String == " "
}

// metaspace reads the pre-tokenizer that replaces spaces. One that splits at them
// makes other merges.
func (s step) metaspace() (rule, bool) {
	schemes := map[string]prefix{"first": first, "always": always, "never": never}
	scheme, known := schemes[s.PrependScheme]
	return rule{prefix: scheme}, known && s.Type == "Metaspace" && s.Replacement == space && s.Split != nil && !*s.Split
}
