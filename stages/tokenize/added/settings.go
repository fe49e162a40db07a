package added

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/jsonfile"
)

// Settings are the keys of tokenizer_config.json and special_tokens_map.json that
// decide which ids a text gets.
type Settings struct {
	Class        string // tokenizer_class, "" where the key is missing
	SplitSpecial bool   // split_special_tokens: special tokens are text
	// AddBOS and AddEOS are add_bos_token and add_eos_token, nil where a key is
	// missing. transformers heeds them only where there is no tokenizer.json.
	AddBOS, AddEOS *bool
	// Own are the keys that the kind of tokenizer reads itself, as they stand in
	// tokenizer_config.json, null among them.
	Own map[string]json.RawMessage

	truncationSide side             // truncation_side, "" where the key is missing
	decoder        map[string]Token // added_tokens_decoder: by id; nil where the key is missing
	special        []named          // bos_token and the other keys that name tokens
	none           []string         // those of them that are null
}

// Harmless are the keys that do not change the ids of a text here. In transformers
// model_max_length does: for it the stages have a key of their own.
var Harmless = strings.Fields(`
	model_max_length max_len max_length stride truncation_strategy truncation
	padding padding_side pad_to_multiple_of pad_token_type_id return_token_type_ids model_input_names
	clean_up_tokenization_spaces spaces_between_special_tokens skip_special_tokens
	chat_template use_default_system_prompt response_template response_schema chat_control_tokens
	name_or_path tokenizer_file vocab_file special_tokens_map_file processor_class backend
	use_fast trust_remote_code is_local local_files_only device_map torch_dtype
	_commit_hash _from_auto transformers_version tokenizer_version verbose`)

// saying are the keys that matter also where they are null, false or empty, beside a
// kind's own; other keys with such a value are as good as missing.
var saying = []string{"add_bos_token", "add_eos_token", "added_tokens_decoder", "bos_token", "eos_token", "unk_token", "cls_token", "sep_token", "pad_token", "mask_token"}

// ParseSettings reads the files, either of which may be missing: nil. own are the
// keys of the kind of tokenizer. Another key that is set and not known may change the
// ids: it is refused by its name.
func ParseSettings(config, specials []byte, own ...string) (*Settings, error) {
	s := &Settings{Own: map[string]json.RawMessage{}}
	take := func(key string, value json.RawMessage) error {
		if slices.Contains(own, key) {
			s.Own[key] = value
			return nil
		}
		return s.take(key, value)
	}
	if err := eachKey(ConfigFile, config, own, take); err != nil {
		return nil, err
	}
	return s, eachKey(SpecialsFile, specials, nil, s.name)
}

// eachKey takes the keys of a file in their order.
func eachKey(file string, data []byte, own []string, take func(string, json.RawMessage) error) error {
	keys, err := object(data, own)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if err := take(key, keys[key]); err != nil {
			return fmt.Errorf("%s: %s: %w", file, key, err)
		}
	}
	return nil
}

// Key reads one of a kind's own keys into dst, which stays as it is where the key is
// missing or null.
func (s *Settings) Key(key string, dst any) error {
	if s.Own[key] == nil {
		return nil
	}
	if err := into(s.Own[key], dst); err != nil {
		return fmt.Errorf("%s: %s: %w", ConfigFile, key, err)
	}
	return nil
}

// object reads a JSON object without its Harmless keys, and without those that are
// as good as missing.
func object(data []byte, own []string) (map[string]json.RawMessage, error) {
	if data == nil {
		return nil, nil
	}
	var keys map[string]json.RawMessage
	if err := jsonfile.Unmarshal(data, &keys); err != nil {
		return nil, err
	}
	maps.DeleteFunc(keys, func(key string, value json.RawMessage) bool {
		return slices.Contains(Harmless, key) || empty(value) && !slices.Contains(saying, key) && !slices.Contains(own, key)
	})
	return keys, nil
}

// empty values are null, false, "", [] and {}.
func empty(value json.RawMessage) bool {
	text := strings.Join(strings.Fields(string(value)), "")
	return slices.Contains([]string{"null", "false", `""`, "[]", "{}"}, text)
}

// take takes one key of tokenizer_config.json.
func (s *Settings) take(key string, value json.RawMessage) error {
	switch key {
	case "tokenizer_class":
		return into(value, &s.Class)
	case "split_special_tokens":
		return into(value, &s.SplitSpecial)
	case "add_bos_token":
		return into(value, &s.AddBOS)
	case "add_eos_token":
		return into(value, &s.AddEOS)
	case "added_tokens_decoder":
		s.decoder = map[string]Token{}
		return into(value, &s.decoder)
	case "truncation_side":
		return into(value, &s.truncationSide)
	}
	return s.name(key, value)
}

// name takes a key whose value is a token, a list of tokens or tokens by names.
func (s *Settings) name(key string, value json.RawMessage) error {
	var list []named
	switch {
	case string(value) == "null":
		s.none = append(s.none, key)
	case key == "additional_special_tokens", key == "extra_special_tokens", key == "model_specific_special_tokens":
		byName := map[string]named{}
		if into(value, &byName) == nil {
			list = slices.Collect(maps.Values(byName))
		} else if err := into(value, &list); err != nil {
			return err
		}
	case strings.HasSuffix(key, "_token"):
		list = make([]named, 1)
		if err := into(value, &list[0]); err != nil {
			return err
		}
	default:
		return errors.New("is set and not known to this program: it may change the ids; take it out if it does not")
	}
	for _, n := range list {
		n.key, n.Special = key, true
		s.special = append(s.special, n)
	}
	return nil
}

// Default names tokens that the class has without being told, by key: bos_token and
// its like.
func (s *Settings) Default(tokens map[string]string) {
	for key, text := range tokens {
		if !slices.Contains(s.none, key) && !slices.ContainsFunc(s.special, func(n named) bool { return n.key == key }) {
			s.special = append(s.special, named{key, Token{Content: text, Special: true}})
		}
	}
}

// named is a token that a key such as pad_token names, by its text or by an object
// with all settings.
type named struct {
	key string
	Token
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *named) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &n.Content) == nil {
		return nil
	}
	if json.Unmarshal(data, &n.Token) != nil || n.Content == "" {
		return errors.New("is no token")
	}
	return nil
}

func into(value json.RawMessage, dst any) error {
	if json.Unmarshal(value, dst) != nil {
		return errors.New("has the wrong type")
	}
	return nil
}
