package hf

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

const llama = `"tokenizer_class": "LlamaTokenizer", "legacy": false, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"`

// The trained folder has 700 pieces; canary is a token's text, which no error gives.
func decoder(tokens string) string { return `"added_tokens_decoder": {` + tokens + `}` }

func addedToken(id int, more string) string {
	return fmt.Sprintf(`"%d": {"content": "canary%d"%s}`, id, id, more)
}

func files(of ...string) map[string]json.RawMessage {
	named := map[string]json.RawMessage{}
	for i := 0; i < len(of); i += 2 {
		named[of[i]] = json.RawMessage("{" + of[i+1] + "}")
	}
	return named
}

func TestOpenRefuses(t *testing.T) {
	fastTokens := func(id int, more string) string {
		return fmt.Sprintf(`"added_tokens": [{"id": %d, "content": "canary%d"%s}]`, id, id, more)
	}
	tests := []struct {
		name  string
		files map[string]json.RawMessage
		want  string
	}{
		{"malformed configuration", files(added.ConfigFile, "canary"), "tokenizer_config.json: malformed"},
		{"malformed specials", files(added.SpecialsFile, "canary"), "special_tokens_map.json: malformed"},
		{"malformed added", files(added.File, `"canary": "x"`), "added_tokens.json: malformed"},
		{"malformed tokenizer", files(added.FastFile, `"added_tokens": 3`), "tokenizer.json: added_tokens: has the wrong type"},
		{"unknown key", files(added.ConfigFile, llama+`, "canary_of_tomorrow": "canary"`), "canary_of_tomorrow: is set and not known"},
		{"unknown key of specials", files(added.SpecialsFile, `"words": ["x"]`), "special_tokens_map.json: words"},
		{"another class", files(added.ConfigFile, `"tokenizer_class": "GemmaTokenizer"`), "tokenizer_class"},
		{"class without its file", files(added.ConfigFile, `"tokenizer_class": "PreTrainedTokenizerFast"`), "needs a tokenizer.json"},
		{"wrong type", files(added.ConfigFile, `"legacy": "canary"`), "legacy: has the wrong type"},
		{"side", files(added.ConfigFile, llama+`, "truncation_side": "canary"`), "truncation_side"},
		{"sampling", files(added.ConfigFile, llama+`, "sp_model_kwargs": {"enable_sampling": true}`), "sp_model_kwargs"},
		{"remote code", files(added.ConfigFile, llama+`, "auto_map": {"AutoTokenizer": ["canary.py", null]}`), "auto_map"},
		{"pad in no vocabulary", files(added.ConfigFile, llama+`, "pad_token": "canary"`), "pad_token: the token is neither"},
		{"extra in no vocabulary", files(added.ConfigFile, llama+`, "extra_special_tokens": {"a_token": "canary"}`), "extra_special_tokens"},
		{"gap", files(added.ConfigFile, llama+","+decoder(addedToken(701, ""))), "no added token has the id 700"},
		{"id of a piece", files(added.ConfigFile, llama+","+decoder(addedToken(600, ""))), "added token 600"},
		{"another id of a piece", files(added.File, `"<s>": 700`), "added token 700"},
		{"no id", files(added.ConfigFile, llama+","+decoder(`"canary": {"content": "x"}`)), "a key is no id"},
		{"empty token", files(added.ConfigFile, llama+","+decoder(`"700": {"content": ""}`)), "added token 700 is empty"},
		{"two ids", files(added.ConfigFile, llama+","+decoder(`"700": {"content": "canary"}, "701": {"content": "canary"}`)), "second id"},
		{"list and decoder", files(added.ConfigFile, llama+","+decoder(addedToken(700, "")), added.File, `"canary": 701`), "added_tokens.json: the token with id 701"},
		{"list and decoder, ids", files(added.ConfigFile, llama+","+decoder(addedToken(700, "")), added.File, `"canary700": 701`), "id 700"},
		{"file and decoder", files(added.ConfigFile, llama+","+decoder(addedToken(700, "")), added.FastFile, fastTokens(701, "")), "the added token 701"},
		{"file and decoder, settings", files(added.ConfigFile, llama+","+decoder(addedToken(700, `, "lstrip": true`)), added.FastFile, fastTokens(700, "")), "the added token 700"},
		{"file and decoder, numbers", files(added.ConfigFile, llama+","+decoder(addedToken(700, "")), added.FastFile, `"added_tokens": []`), "1 tokens, tokenizer.json 0"},
		{"two BOS", files(added.ConfigFile, llama, added.SpecialsFile, `"bos_token": "</s>"`), "bos_token: is token 1 in tokenizer_config.json and token 2"},
		{"split at spaces", files(added.FastFile, `"normalizer": null, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}`), "pre_tokenizer"},
		{"lower case", files(added.FastFile, `"normalizer": {"type": "Lowercase"}`), "normalizer"},
		{"unigram", files(added.FastFile, `"model": {"type": "Unigram"}`), `model.type: is "Unigram"`},
		{"dropout", files(added.FastFile, `"model": {"type": "BPE", "dropout": 0.1}`), "dropout"},
		{"other pieces", files(added.FastFile, `"model": {"type": "BPE", "byte_fallback": true, "vocab": {"a": 0}, "merges": []}`), "has 1 pieces, tokenizer.model 700"},
		{"no row of the embedding", files(added.ConfigFile, llama+","+decoder(addedToken(700, "")), "config.json", `"vocab_size": 700`), "config.json: vocab_size is 700, but the tokenizer has 701"},
	}
	for name, change := range map[string]func(model map[string]any){
		"byte_fallback is not":                          func(model map[string]any) { model["byte_fallback"] = false },
		"merges are not there that SentencePiece makes": func(model map[string]any) { model["merges"] = model["merges"].([]any)[:99] },
		"model.merges: merge":                           func(model map[string]any) { slices.Reverse(model["merges"].([]any)) },
		"is there twice": func(model map[string]any) {
			model["merges"] = append(model["merges"].([]any)[:1:1], model["merges"].([]any)...)
		},
		"merge 0: is no pair of texts": func(model map[string]any) { model["merges"] = []any{1} },
	} {
		tests = append(tests, struct {
			name  string
			files map[string]json.RawMessage
			want  string
		}{name, map[string]json.RawMessage{added.FastFile: withModel(t, change)}, name})
	}
	for _, test := range tests {
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

// withModel is the trained folder's tokenizer.json with another model.
func withModel(t *testing.T, change func(model map[string]any)) json.RawMessage {
	t.Helper()
	var whole struct {
		Model map[string]any `json:"model"`
	}
	data, err := os.ReadFile(filepath.Join(trained, added.FastFile))
	must(t, err)
	must(t, json.Unmarshal(data, &whole))
	change(whole.Model)
	data, err = json.Marshal(whole)
	must(t, err)
	return data
}

// Merges of one text each, as older files have them, are the same merges.
func TestMergesOfOneText(t *testing.T) {
	tokenizer, err := openFolder(t, folder(t, map[string]json.RawMessage{added.FastFile: withModel(t, func(model map[string]any) {
		for i, merge := range model["merges"].([]any) {
			parts := merge.([]any)
			model["merges"].([]any)[i] = fmt.Sprint(parts[0], " ", parts[1])
		}
	})}))
	must(t, err)
	if tokenizer.Size() != 700 {
		t.Errorf("%d tokens", tokenizer.Size())
	}
}

// A file in a tokenizer's place is no folder of one.
func TestAFileInTheFoldersPlace(t *testing.T) {
	if _, err := openFolder(t, filepath.Join(trained, ModelFile)); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "has no tokenizer.model; give the folder of a tokenizer, of these kinds: SentencePiece BPE") {
		t.Errorf("%v", err)
	}
}

// A tokenizer.json alone is as good as with the tokenizer.model that it was made of.
func TestTokenizerJSONAlone(t *testing.T) {
	texts := 0
	for _, golden := range goldens(t) {
		if golden.Files[added.FastFile] == nil {
			continue
		}
		at := folder(t, golden.Files)
		must(t, os.Remove(filepath.Join(at, ModelFile)))
		tokenizer, err := openFolder(t, at)
		must(t, err)
		e := tokenizer.NewEncoder()
		for i, text := range golden.Texts {
			if got := all(e, text); !slices.Equal(got, golden.IDs[i]) {
				t.Errorf("%s: %q\n got %d\nwant %d", golden.Name, text, got, golden.IDs[i])
			}
			texts++
		}
	}
	if texts < 500 {
		t.Errorf("%d texts", texts)
	}
}

// One that no SentencePiece model was converted to is refused.
func TestTokenizerJSONAloneRefuses(t *testing.T) {
	for want, change := range map[string]func(model map[string]any){
		"model.merges: 1 merges are not there":   func(model map[string]any) { model["merges"] = model["merges"].([]any)[1:] },
		"model.merges: merge 2 is there twice":   func(model map[string]any) { model["merges"].([]any)[2] = model["merges"].([]any)[1] },
		"no unknown piece among 700":             func(model map[string]any) { model["unk_token"] = nil },
		"model: dropout: is set":                 func(model map[string]any) { model["dropout"] = 0.1 },
		"model: canary_of_tomorrow: is set":      func(model map[string]any) { model["canary_of_tomorrow"] = 1 },
		"ignore_merges is true or byte_fallback": func(model map[string]any) { model["ignore_merges"] = true },
	} {
		at := folder(t, map[string]json.RawMessage{added.FastFile: withModel(t, change)})
		must(t, os.Remove(filepath.Join(at, ModelFile)))
		if _, err := openFolder(t, at); exit.Of(err) != exit.BadData || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("got %v, want bad data with %q", err, want)
		}
	}
}

// Every key that transformers writes or takes is used, or does nothing here as it
// does nothing to ids there, or is refused by name.
func TestEveryKeyIsUsedHarmlessOrRefused(t *testing.T) {
	var keys []string
	data, err := os.ReadFile("../testdata/tokenizer_config_keys.json")
	must(t, err)
	must(t, json.Unmarshal(data, &keys))
	values := map[string]string{ // that show the use
		"legacy": "true", "add_prefix_space": "false", "split_special_tokens": "true", "added_tokens_decoder": "{" + addedToken(700, "") + "}",
		"additional_special_tokens": `["a"]`, "extra_special_tokens": `["a"]`, "model_specific_special_tokens": `{"a_token": "a"}`,
		"bos_token": `"</s>"`, "eos_token": `"<s>"`, "add_bos_token": "false", "add_eos_token": "true", "truncation_side": `"left"`,
	}
	probe := func(key, value string) (string, error) {
		config := map[string]json.RawMessage{"legacy": json.RawMessage("false"), "split_special_tokens": json.RawMessage("false")}
		if key != "" {
			config[key] = json.RawMessage(value)
		}
		data, err := json.Marshal(config)
		must(t, err)
		tokenizer, err := openFolder(t, folder(t, map[string]json.RawMessage{added.ConfigFile: data}))
		if err != nil {
			return "", err
		}
		ids := all(tokenizer.NewEncoder(), "pain<s> canary700 (___) ")
		return fmt.Sprint(tokenizer.Special(), ids), nil
	}
	plain, err := probe("", "")
	must(t, err)
	for _, key := range keys {
		value, shown := values[key]
		if !shown {
			value = `"words"`
		}
		got, err := probe(key, value)
		switch {
		case err != nil && !shown && strings.Contains(err.Error(), key):
		case err == nil && slices.Contains(added.Harmless, key) && got == plain:
		case err == nil && shown && got != plain:
		default:
			t.Errorf("%s: %v; %s, without it %s", key, err, got, plain)
		}
	}
	if len(keys) < 50 {
		t.Errorf("%d keys", len(keys))
	}
}

// A model in the same folder may have more rows than the tokenizer has tokens.
func TestVocabularyOfAPaddedModel(t *testing.T) {
	tokenizer, err := openFolder(t, folder(t, files(added.ConfigFile, llama+","+decoder(addedToken(700, "")), "config.json", `"vocab_size": 704`)))
	must(t, err)
	if id, ok := tokenizer.model.ID("canary700"); tokenizer.Size() != 701 || id != 700 || !ok {
		t.Errorf("%d tokens, the added one %d", tokenizer.Size(), id)
	}
	if text, err := tokenizer.Decode([]int32{1, 700, 700, 2}); err != nil || text != "canary700canary700" {
		t.Errorf("%q, %v", text, err)
	}
}

// Editors on Windows begin files with a byte order mark.
func TestByteOrderMark(t *testing.T) {
	given := files(added.ConfigFile, llama+","+decoder(addedToken(700, "")))
	given[added.ConfigFile] = append([]byte("\uFEFF"), given[added.ConfigFile]...)
	tokenizer, err := openFolder(t, folder(t, given))
	must(t, err)
	if tokenizer.Size() != 701 {
		t.Errorf("%d tokens", tokenizer.Size())
	}
}

// No token begins the text of a null key.
func TestNullBOS(t *testing.T) {
	tokenizer, err := openFolder(t, folder(t, files(added.ConfigFile, `"tokenizer_class": "LlamaTokenizer", "legacy": false, "bos_token": null`)))
	must(t, err)
	if special := tokenizer.Special(); special.BOS != -1 || special.EOS != 2 {
		t.Errorf("%+v", special)
	}
}

// Whatever the files hold is an error or a tokenizer whose ids are in its
// vocabulary: never a panic.
func FuzzFiles(f *testing.F) {
	model, err := os.ReadFile(filepath.Join(trained, ModelFile))
	must(f, err)
	for _, golden := range goldens(f)[:12] {
		f.Add([]byte(golden.Files[added.ConfigFile]), []byte(golden.Files[added.SpecialsFile]), []byte(golden.Files[added.File]), golden.Texts[0])
	}
	f.Fuzz(func(t *testing.T, config, specials, list []byte, text string) {
		files := map[string][]byte{added.ConfigFile: config, added.SpecialsFile: specials, added.File: list}
		maps.DeleteFunc(files, func(_ string, data []byte) bool { return len(data) == 0 })
		files[ModelFile] = model
		tokenizer, err := assemble(nil, files)
		if err != nil {
			return
		}
		for _, id := range all(tokenizer.NewEncoder(), text) {
			if id < 0 || int(id) >= tokenizer.Size() {
				t.Fatalf("id %d of %d", id, tokenizer.Size())
			}
		}
	})
}

// A tokenizer.json of any bytes is an error or a tokenizer whose ids are in its
// vocabulary.
func FuzzFast(f *testing.F) {
	whole, err := os.ReadFile(filepath.Join(trained, added.FastFile))
	must(f, err)
	f.Add(whole, "pain <s> é\n")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		d, err := tokenizer.ParseDefinition(data)
		if err != nil {
			return
		}
		of, err := assemble(d, map[string][]byte{added.FastFile: data})
		if err != nil {
			return
		}
		for _, id := range all(of.NewEncoder(), text) {
			if id < 0 || int(id) >= of.Size() {
				t.Fatalf("id %d of %d", id, of.Size())
			}
		}
	})
}

// What is put around a text is what tokenizer.json says where it is there, as by
// transformers 5, and else what the keys say.
func TestWhatIsPutAroundATextIsTheFolders(t *testing.T) {
	around := func(of string) map[string]json.RawMessage {
		return files(added.ConfigFile, llama+`, "add_bos_token": false, "add_eos_token": true`, added.FastFile, `"post_processor": `+of)
	}
	const eos = `{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "x"}}], "special_tokens": {"x": {"ids": [%d]}}}`
	for _, test := range []struct {
		files map[string]json.RawMessage
		want  string
	}{
		{nil, "true false"},
		{files(added.ConfigFile, llama), "true false"},
		{files(added.ConfigFile, llama+`, "add_bos_token": false, "add_eos_token": true`), "false true"},
		{around("null"), "false false"},
		{around(fmt.Sprintf(eos, 2)), "false true"},
		{around(fmt.Sprintf(eos, 3)), "post_processor: puts other tokens around a text"},
		{around(`{"type": "canary"}`), "post_processor: type"},
	} {
		tokenizer, err := openFolder(t, folder(t, test.files))
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(tokenizer.Special().AddBOS, tokenizer.Special().AddEOS)
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.files, got, test.want)
		}
	}
}
