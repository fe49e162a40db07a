package wordpiece

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// settings are the keys of tokenizer_config.json and special_tokens_map.json that
// decide which ids a text gets. Class is resolved.
type settings struct{ *added.Settings }

// bertClass makes its own normalizer, by the keys, of whatever tokenizer.json says;
// asIsClass takes that file as it is.
const (
	bertClass = "BertTokenizer"
	asIsClass = "PreTrainedTokenizerFast"
)

// unheeded are keys of BertTokenizer that it does not look at since it is made of the
// tokenizers library.
var unheeded = []string{"do_basic_tokenize", "never_split"}

func parseSettings(config, specials []byte) (*settings, error) {
	own := append([]string{"do_lower_case", "tokenize_chinese_chars", "strip_accents", "clean_text", "wordpieces_prefix"}, unheeded...)
	s, err := added.ParseSettings(config, specials, own...)
	return &settings{s}, err
}

// resolve finds the class as AutoTokenizer of transformers 5 does: by the key
// tokenizer_class, or by the model's config.json. Without either tokenizer.json is taken
// as it is, and vocab.txt is BertTokenizer's.
func (s *settings) resolve(model []byte, hasJSON bool) error {
	var of struct {
		Class string `json:"tokenizer_class"`
		Type  string `json:"model_type"`
	}
	if model != nil && jsonfile.Unmarshal(model, &of) != nil {
		of.Class, of.Type = "", "" // what is wrong with it is for those who read the model
	}
	switch class := cmp.Or(s.Class, of.Class); {
	case class == "" && of.Type != "" && of.Type != "bert":
		return fmt.Errorf("config.json: model_type is %q: its class of tokenizer is not known to this program; name it as tokenizer_class in %s", of.Type, added.ConfigFile)
	case class == bertClass, class == bertClass+"Fast", class == "" && (of.Type == "bert" || !hasJSON):
		s.Class = bertClass
	case (class == asIsClass || class == "TokenizersBackend") && !hasJSON:
		return fmt.Errorf("tokenizer_class: %s needs a %s", class, added.FastFile)
	case class == asIsClass, class == "TokenizersBackend", class == "":
		s.Class = asIsClass
	default:
		return fmt.Errorf("tokenizer_class: is %q; only BertTokenizer, BertTokenizerFast and PreTrainedTokenizerFast are supported", class)
	}
	return nil
}

func (s *settings) isBert() bool { return s.Class == bertClass }

// definition is what the folder's class makes of tokenizer.json, or of vocab.txt.
func (s *settings) definition(from *tokenizer.Definition, text []byte) (d *definition, err error) {
	if from != nil {
		d, err = ofJSON(from)
	} else {
		d, err = ofText(text)
	}
	if err != nil || !s.isBert() {
		return d, err
	}
	return d, s.bert(d)
}

// bert makes a definition that of BertTokenizer.
func (s *settings) bert(d *definition) error {
	s.Default(map[string]string{"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"})
	if d.prefix != bertPrefix || d.maxRunes != bertMaxRunes {
		return fmt.Errorf("%s: model: continuing_subword_prefix is not %s, or max_input_chars_per_word is not %d: BertTokenizer of transformers 5 takes these all the same; name PreTrainedTokenizerFast as tokenizer_class to have them heeded", d.of, bertPrefix, bertMaxRunes)
	}
	n, prefix, strip := normalizer{clean: true, chinese: true, lowercase: true}, bertPrefix, (*bool)(nil)
	for key, dst := range map[string]any{
		"do_lower_case": &n.lowercase, "tokenize_chinese_chars": &n.chinese, "strip_accents": &strip, "clean_text": &n.clean, "wordpieces_prefix": &prefix,
	} {
		if err := s.Key(key, dst); err != nil {
			return err
		}
	}
	if !n.clean || prefix != bertPrefix {
		return fmt.Errorf("%s: clean_text, wordpieces_prefix: BertTokenizer of transformers 5 does not heed them; take them out", added.ConfigFile)
	}
	if n.accents = n.lowercase; strip != nil {
		n.accents = *strip
	}
	d.normalizer, d.decoder = n, decoder{joins: true, prefix: bertPrefix, cleanup: true}
	return nil
}

// unknown is the id of words that cannot be made of pieces: BertTokenizer's is that of
// unk_token, else it is the one that tokenizer.json names.
func (s *settings) unknown(v *vocabulary, tokens []added.Token, named string) (int32, error) {
	id, known := v.ID(named)
	if s.isBert() {
		var err error
		if id, err = s.Named(tokens, "unk_token", -1); err != nil {
			return 0, err
		}
		known = id >= 0 && int(id) < v.Size()
	}
	if !known {
		return 0, errors.New("unk_token: is not among the pieces; words that cannot be made of them have no id")
	}
	return id, nil
}
