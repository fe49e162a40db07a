package bytebpe

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/tokenize/added"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// of are files by name and content.
func of(names ...string) files {
	f := files{}
	for i := 0; i < len(names); i += 2 {
		f[names[i]] = json.RawMessage(names[i+1])
	}
	return f
}

func TestOpenRefuses(t *testing.T) {
	all := goldens(t)
	llama, gpt2 := all[0].Files, all[2].Files
	section := func(name, value string) files { return of(added.FastFile, `{"`+name+`": `+value+`}`) }
	split := func(split, level string) files {
		return section("pre_tokenizer", `{"type": "Sequence", "pretokenizers": [`+split+`, {"type": "ByteLevel"`+level+`}]}`)
	}
	for _, test := range []struct {
		name    string
		base    files
		changes files
		want    string
	}{
		{"lower case", llama, section("normalizer", `{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}`), `tokenizer.json: normalizer: type "Lowercase" is not supported`},
		{"other expression", llama, split(`{"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Isolated"}`, `, "use_regex": false`), `pre_tokenizer: pattern: the regular expression "\\w+" is not supported`},
		{"expression as a string", llama, split(`{"type": "Split", "pattern": {"String": " "}, "behavior": "Isolated"}`, `, "use_regex": false`), "pattern: the regular expression"},
		{"other step", llama, split(`{"type": "Digits"}`, ""), "pre_tokenizer: is neither ByteLevel nor Split"},
		{"both split", llama, split(`{"type": "Split", "pattern": {"Regex": "x"}}`, ""), "use_regex, add_prefix_space: are set in ByteLevel"},
		{"none splits", llama, section("pre_tokenizer", `{"type": "ByteLevel", "use_regex": false}`), "use_regex: is false"},
		{"behavior", llama, split(`{"type": "Split", "pattern": {"Regex": `+quoted(llama3Pattern)+`}, "behavior": "Removed"}`, `, "use_regex": false`), "behavior, invert"},
		{"wrong type", llama, section("pre_tokenizer", `{"type": "ByteLevel", "add_prefix_space": "canary"}`), "pre_tokenizer: add_prefix_space: has the wrong type"},
		{"decoder", llama, section("decoder", `{"type": "WordPiece"}`), `decoder: type "WordPiece"`},
		{"section of tomorrow", llama, section("of_tomorrow", `{}`), "tokenizer.json: of_tomorrow: is not known"},
		{"post-processor", llama, section("post_processor", `{"type": "Other"}`), `post_processor: type "Other"`},
		{"tokens", llama, section("added_tokens", `"canary"`), "added_tokens: is no list of tokens"},
		{"gap", llama, of(added.FastFile, `{"added_tokens": [{"id": 2000, "content": "canary"}], "post_processor": null}`, added.ConfigFile, `{}`), "ids must follow on without a gap"},
		{"class", llama, of(added.ConfigFile, `{"tokenizer_class": "RobertaTokenizerFast"}`), `tokenizer_class: is "RobertaTokenizerFast"`},
		{"other words than the class's", llama, of(added.ConfigFile, `{"tokenizer_class": "Qwen2Tokenizer"}`), "normalizer, pre_tokenizer: are not those of Qwen2Tokenizer"},
		{"errors", llama, of(added.ConfigFile, `{"errors": "strict"}`), "errors: only replace"},
		{"prefix", llama, of(added.ConfigFile, `{"add_prefix_space": true}`), "add_prefix_space: is another in tokenizer.json"},
		{"unknown key", llama, of(added.ConfigFile, `{"of_tomorrow": "canary"}`), "tokenizer_config.json: of_tomorrow: is set and not known"},
		{"no class", gpt2, of(added.ConfigFile, `{}`), `tokenizer_class: is ""`},
		{"class without its file", gpt2, of(added.ConfigFile, `{"tokenizer_class": "PreTrainedTokenizerFast"}`), `tokenizer_class: is "PreTrainedTokenizerFast"`},
		{"a byte is missing", gpt2, of(vocabFile, `{"!": 0}`, mergesFile, `""`), "vocab.json: the vocabulary lacks a piece for the byte 0x00"},
		{"merges of another", gpt2, of(mergesFile, `"#version: 0.2\nx canary\n"`), "merges.txt: line 2: merge 0"},
		{"larger than the model", gpt2, of("config.json", `{"vocab_size": 5}`), "config.json: vocab_size is 5"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := openFolder(t, folder(t, changed(t, test.base, test.changes)))
			if exit.Of(err) != exit.BadData || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Fatalf("got %v, want bad data with %q", err, test.want)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error gives a token's text: %v", err)
			}
		})
	}
}

func quoted(text string) string {
	data, _ := json.Marshal(text)
	return string(data)
}

// Beside a byte-level tokenizer.json Llama 3's own tokenizer.model, of tiktoken, is
// not read, as by transformers; a SentencePiece model is of another tokenizer.
func TestTokenizerModelBeside(t *testing.T) {
	file, err := os.Open("../sentencepiece/testdata/llama.model.gz")
	must(t, err)
	defer file.Close()
	z, err := gzip.NewReader(file)
	must(t, err)
	model, err := io.ReadAll(z)
	must(t, err)
	for _, test := range []struct{ content, want string }{
		{"IQ== 0\nIg== 1\n", "<nil>"},
		{string(model), "they are of different tokenizers"},
	} {
		at := folder(t, goldens(t)[0].Files)
		must(t, os.WriteFile(filepath.Join(at, "tokenizer.model"), []byte(test.content), 0o600))
		if _, err := openFolder(t, at); !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

// A tokenizer.json of any bytes is an error or a tokenizer whose ids are in its
// vocabulary: never a panic.
func FuzzFolder(f *testing.F) {
	for _, g := range goldens(f) {
		f.Add([]byte(g.Files[added.FastFile]), []byte(g.Files[added.ConfigFile]), "don't <|eot_id|> 12345\n\n é")
	}
	f.Fuzz(func(t *testing.T, fast, config []byte, text string) {
		t.Chdir(t.TempDir())
		for name, data := range map[string][]byte{added.FastFile: fast, added.ConfigFile: config} {
			must(t, os.WriteFile(name, data, 0o600))
		}
		of, err := openFolder(t, ".")
		if err != nil || of == nil {
			return
		}
		for _, id := range all(of.NewEncoder(), text) {
			if id < 0 || int(id) >= of.Size() {
				t.Fatalf("id %d of %d", id, of.Size())
			}
		}
	})
}

var _ tokenizer.Tokenizer = &Tokenizer{}
