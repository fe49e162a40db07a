package wordpiece

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// small is a vocab.txt.
const small = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nchest\npain\n##s\n"

// smallJSON is a tokenizer.json, in which changes put other values for these.
func smallJSON(changes ...string) string {
	text := `{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
		"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
		"pre_tokenizer": {"type": "BertPreTokenizer"},
		"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
		"decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
		"model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
			"vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "chest": 5}}}`
	return strings.NewReplacer(changes...).Replace(text)
}

func TestOpenRefuses(t *testing.T) {
	config := func(keys string) map[string]string {
		return map[string]string{VocabularyFile: small, added.ConfigFile: "{" + keys + "}"}
	}
	fast := func(changes ...string) map[string]string {
		return map[string]string{added.FastFile: smallJSON(changes...)}
	}
	with := func(files map[string]string, name, content string) map[string]string {
		files[name] = content
		return files
	}
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"empty", map[string]string{VocabularyFile: ""}, "neither in vocab.txt"},
		{"mark", map[string]string{VocabularyFile: "\uFEFF" + small}, "vocab.txt: begins with a byte order mark"},
		{"not UTF-8", map[string]string{VocabularyFile: small + "\xff\n"}, "vocab.txt: line 9 is not UTF-8"},
		{"no [MASK]", map[string]string{VocabularyFile: strings.Replace(small, "[MASK]\n", "", 1)}, "mask_token: the token is neither in vocab.txt"},
		{"class", config(`"tokenizer_class": "RobertaTokenizer"`), `tokenizer_class: is "RobertaTokenizer"`},
		{"class of the model", with(config(""), "config.json", `{"model_type": "gpt2"}`), `config.json: model_type is "gpt2"`},
		{"no tokenizer.json", config(`"tokenizer_class": "PreTrainedTokenizerFast"`), "needs a tokenizer.json"},
		{"not cleaned", config(`"clean_text": false`), "clean_text"},
		{"other prefix", config(`"wordpieces_prefix": "@@"`), "wordpieces_prefix"},
		{"type of a key", config(`"do_lower_case": "canary"`), "do_lower_case: has the wrong type"},
		{"unknown key", config(`"canary_of_tomorrow": 1`), "canary_of_tomorrow"},
		{"no [CLS]", config(`"cls_token": null`), "cls_token, sep_token"},
		{"unknown is added", with(config(`"unk_token": "canary"`), added.File, `{"canary": 8}`), "unk_token: is not among the pieces"},
		{"gap", with(config(""), added.File, `{"canary": 9}`), "no added token has the id 8"},
		{"repeats", map[string]string{VocabularyFile: small + "pain\n", added.File: `{"canary": 9}`}, "has a piece twice"},
		{"nothing of a token", config(`"added_tokens_decoder": {"8": {"content": "\u200d", "normalized": true}}`), "the added token 8 is nothing"},
		{"malformed", fast(`{"version"`, `{"version`), "tokenizer.json: malformed JSON"},
		{"added tokens", fast(`"added_tokens": []`, `"added_tokens": {"canary": 1}`), "added_tokens: is no list"},
		{"normalizer", fast("BertNormalizer", "NFKC"), `normalizer: type: is "NFKC"; only BertNormalizer`},
		{"a normalizer's key", fast(`"clean_text"`, `"canary_of_tomorrow": 1, "clean_text"`), "normalizer: canary_of_tomorrow: is not known"},
		{"a missing key", fast(`"clean_text": true,`, ""), "normalizer: clean_text: is missing"},
		{"a null key", fast(`"clean_text": true`, `"clean_text": null`), "normalizer: clean_text: has the wrong type"},
		{"no normalizer", fast(`{"type": "BertNormalizer"`, `["canary"], "x": {"type": "B"`), "tokenizer.json: x: is not known"},
		{"pre-tokenizer", fast("BertPreTokenizer", "Whitespace"), `pre_tokenizer: type: is "Whitespace"`},
		{"no pre-tokenizer", fast(`{"type": "BertPreTokenizer"}`, "null"), "pre_tokenizer: is missing"},
		{"decoder", fast(`{"type": "WordPiece", "prefix"`, `{"type": "BPEDecoder", "prefix"`), `decoder: type: is "BPEDecoder"`},
		{"post-processor", fast("BertProcessing", "Other"), `post_processor: type "Other"`},
		{"another token around", with(fast(`["[CLS]", 2]`, `["[CLS]", 4]`), added.ConfigFile, `{"cls_token": "[CLS]"}`), "post_processor: puts other tokens around"},
		{"a model's key", fast(`"unk_token"`, `"canary_of_tomorrow": 1, "unk_token"`), "model: canary_of_tomorrow: is not known"},
		{"holes in the vocabulary", fast(`"chest": 5`, `"chest": 6`), "model: vocab: the id 6"},
		{"an id twice", fast(`"chest": 5`, `"chest": 4`), "model: vocab: the id 4"},
		{"type of the vocabulary", fast(`"chest": 5`, `"chest": "canary"`), "model: vocab: has the wrong type"},
		{"no unknown", fast(`"unk_token": "[UNK]"`, `"unk_token": "canary"`), "unk_token: is not among the pieces"},
		{"BertTokenizer's longest word", with(fast("100", "50"), added.ConfigFile, `{"tokenizer_class": "BertTokenizer"}`), "max_input_chars_per_word is not 100"},
		{"added tokens that differ", with(fast(`"added_tokens": []`, `"added_tokens": [{"id": 5, "content": "chest"}]`), added.ConfigFile, `{"added_tokens_decoder": {"5": {"content": "chest", "special": true}}}`), "make them agree"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := openFolder(t, folder(t, test.files))
			if exit.Of(err) != exit.BadData || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Fatalf("got %v, want bad data with %q", err, test.want)
			}
			if rest := strings.ReplaceAll(err.Error(), "canary_of_tomorrow", ""); strings.Contains(rest, "canary") {
				t.Errorf("the error gives a token's text: %v", err)
			}
		})
	}
}

// A folder of another kind is not this one's for a vocab.txt in it.
func TestVocabularyOfAnotherKind(t *testing.T) {
	at := folder(t, map[string]string{VocabularyFile: small, added.FastFile: `{"model": {"type": "Unigram"}}`})
	if _, err := openFolder(t, at); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), `model.type "Unigram"`) {
		t.Errorf("%v", err)
	}
}

// Every key that transformers writes or takes is used, or does nothing here as it does
// nothing to ids there, or is refused by name.
func TestEveryKeyIsUsedHarmlessOrRefused(t *testing.T) {
	var keys []string
	data, err := os.ReadFile("testdata/tokenizer_config_keys.json")
	must(t, err)
	must(t, json.Unmarshal(data, &keys))
	used := map[string]string{ // with a value that shows the use
		"do_lower_case": "false", "tokenize_chinese_chars": "false", "strip_accents": "false", "split_special_tokens": "true", "truncation_side": `"left"`,
		"added_tokens_decoder": `{"12": {"content": "xpain"}}`, "additional_special_tokens": `["pain"]`, "extra_special_tokens": `["pain"]`,
		"model_specific_special_tokens": `{"a_token": "pain"}`, "cls_token": `"pain"`, "sep_token": `"pain"`, "pad_token": `"pain"`, "unk_token": `"pain"`, "mask_token": `"pain"`,
		"bos_token": `"pain"`, "eos_token": `"pain"`,
	}
	probe := func(key, value string) (string, error) {
		config := map[string]json.RawMessage{}
		if key != "" {
			config[key] = json.RawMessage(value)
		}
		data, err := json.Marshal(config)
		must(t, err)
		of, err := openFolder(t, folder(t, map[string]string{VocabularyFile: small + "日\nCh\nCHEST\né\n", added.ConfigFile: string(data)}))
		if err != nil {
			return "", err
		}
		return fmt.Sprint(of.Special(), all(of.NewEncoder(), "CHEST[SEP] x日x é xpain chest")), nil
	}
	plain, err := probe("", "")
	must(t, err)
	for _, key := range keys {
		value, shown := used[key]
		if !shown {
			value = `"words"`
		}
		got, err := probe(key, value)
		harmless := slices.Contains(added.Harmless, key) || slices.Contains(unheeded, key)
		switch {
		case err != nil && !shown && strings.Contains(err.Error(), key):
		case err == nil && harmless && got == plain:
		case err == nil && shown && got != plain:
		default:
			t.Errorf("%s: %v; %s, without it %s", key, err, got, plain)
		}
	}
	for _, key := range slices.Collect(maps.Keys(used)) {
		if !slices.Contains(keys, key) && key != "a_token" {
			t.Errorf("%s is not among the keys of transformers", key)
		}
	}
}

// checkTokenizer holds a tokenizer of any files to what all keep: ids of its
// vocabulary, the first of which are those of a shorter limit.
func checkTokenizer(t *testing.T, of *Tokenizer, text string) {
	e := of.NewEncoder().(*Encoder)
	checkFirst(t, of, e, text, 3)
	ids := all(e, text)
	if _, err := of.Decode(ids); err != nil {
		t.Fatalf("%d ids of %d: %v", ids, of.Size(), err)
	}
}

func FuzzVocab(f *testing.F) {
	f.Add([]byte(small), []byte("{}"), "Chest pains")
	f.Add([]byte(small+"\n\u3000\npain \r\n"), []byte(`{"do_lower_case": false}`), "pain\u3000 é")
	for _, golden := range goldens(f)[:3] {
		f.Add([]byte(golden.Files[VocabularyFile]), []byte(golden.Files[added.ConfigFile]), "[CLS] 患者 e\u0301")
	}
	f.Fuzz(func(t *testing.T, vocab, config []byte, text string) {
		of, err := assemble(nil, map[string][]byte{VocabularyFile: vocab, added.ConfigFile: config}, nil)
		if err == nil {
			checkTokenizer(t, of, text)
		}
	})
}

// The sections of a tokenizer.json of any bytes are an error or a tokenizer.
func FuzzDefinition(f *testing.F) {
	for _, files := range []string{smallJSON(), smallJSON(`"added_tokens": []`, `"added_tokens": [{"id": 6, "content": "covid", "normalized": true}]`), smallJSON("100", "3", `"##"`, `"#"`)} {
		var of map[string]json.RawMessage
		must(f, json.Unmarshal([]byte(files), &of))
		f.Add([]byte(of["normalizer"]), []byte(of["added_tokens"]), []byte(of["post_processor"]), []byte(of["model"]), "Chest pain, Covid 患者")
	}
	f.Fuzz(func(t *testing.T, normalizer, tokens, processor, model []byte, text string) {
		from := &tokenizer.Definition{
			Type: modelType, Normalizer: normalizer, AddedTokens: tokens, PostProcessor: processor, Model: model,
			PreTokenizer: json.RawMessage(`{"type": "BertPreTokenizer"}`),
		}
		of, err := assemble(from, map[string][]byte{}, nil)
		if err == nil {
			checkTokenizer(t, of, text)
		}
	})
}
