package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/clinflow/clinflow/stages/tokenize"
	_ "github.com/clinflow/clinflow/stages/tokenize/bytebpe"
)

// kindFiles make of the file that a flag names the tokenizer.json that both sides
// read, by the kind's name.
var kindFiles = map[string]func(data []byte) ([]byte, error){
	"bytebpe":   func(data []byte) ([]byte, error) { return data, nil },
	"wordpiece": bertOf,
}

// kindResult is one kind of tokenizer beside the peer's: new encoders, and those that
// have encoded all texts before.
type kindResult struct {
	Texts            int      `json:"texts"`
	Tokens           int      `json:"tokens"`
	TokensPerS       float64  `json:"tokens_per_s"`
	WarmTokensPerS   float64  `json:"warm_tokens_per_s"`
	HFTokensPerS     *float64 `json:"hf_tokens_per_s,omitempty"`
	HFWarmTokensPerS *float64 `json:"hf_warm_tokens_per_s,omitempty"`
	SameIDs          *bool    `json:"same_ids,omitempty"`
}

// kindsMain measures each kind whose file is named, and how long a large file takes to
// read.
func kindsMain(args []string) error {
	flags := flag.NewFlagSet("tokenizers", flag.ExitOnError)
	texts := flags.String("texts", "", "CSV (.gz) with a column transcription")
	python := flags.String("python", "python3", "Python with tokenizers; empty: no peer")
	asJSON := flags.Bool("json", false, "print JSON")
	files := map[string]*string{}
	for kind := range kindFiles {
		files[kind] = flags.String(kind, "", "file of a tokenizer of this kind: vocab.txt for wordpiece, else tokenizer.json")
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *texts == "" {
		return errors.New("--texts is needed")
	}
	read, err := readTexts(*texts)
	if err != nil {
		return err
	}
	load, err := loadSeconds()
	if err != nil {
		return err
	}
	all := map[string]any{"load_128k_pieces_s": load}
	if !*asJSON {
		fmt.Printf("a tokenizer.json of %d pieces is read in %.2f s\n", loadPieces, load)
	}
	for _, kind := range slices.Sorted(maps.Keys(kindFiles)) {
		if *files[kind] == "" {
			continue
		}
		r, err := measureKind(kind, *files[kind], *python, read)
		if err != nil {
			return err
		}
		all[kind] = r
		if r.SameIDs != nil {
			all[kind+"_vs_hf_tokenizers"] = min(r.TokensPerS / *r.HFTokensPerS, r.WarmTokensPerS / *r.HFWarmTokensPerS)
		}
		if !*asJSON {
			fmt.Println(kind+":", r)
		}
	}
	if *asJSON {
		return json.NewEncoder(os.Stdout).Encode(all)
	}
	return nil
}

func measureKind(kind, file, python string, texts []string) (r kindResult, err error) {
	dir, err := os.MkdirTemp("", "clinflow-bench")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	data, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	if data, err = kindFiles[kind](data); err != nil {
		return r, err
	}
	definition := filepath.Join(dir, "tokenizer.json")
	if err := os.WriteFile(definition, data, 0o600); err != nil {
		return r, err
	}
	ours, err := speedOf(dir, texts)
	if err != nil {
		return r, err
	}
	r.Texts, r.Tokens = len(texts), ours.tokens
	rate := func(seconds float64) float64 { return float64(ours.tokens) / seconds }
	r.TokensPerS, r.WarmTokensPerS = rate(ours.cold), rate(ours.warm)
	answer, err := askPeer(python, "hf_tokenizers", definition, texts)
	if answer != nil {
		cold, warm, same := rate(answer.Cold), rate(answer.Warm), answer.Digest == ours.digest
		r.HFTokensPerS, r.HFWarmTokensPerS, r.SameIDs = &cold, &warm, &same
	}
	return r, err
}

// bertOf is the tokenizer.json of a vocab.txt of bert-base-uncased.
func bertOf(vocabulary []byte) ([]byte, error) {
	ids := map[string]int{}
	for id, piece := range strings.Split(strings.TrimSuffix(string(vocabulary), "\n"), "\n") {
		ids[piece] = id
	}
	type section map[string]any
	return json.Marshal(section{
		"version": "1.0", "added_tokens": []any{}, "post_processor": nil, "decoder": nil,
		"normalizer":    section{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": true},
		"pre_tokenizer": section{"type": "BertPreTokenizer"},
		"model":         section{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ids},
	})
}

func (r kindResult) String() string {
	text := fmt.Sprintf("%d texts, %d tokens: %.2f M tokens/s, again %.2f", r.Texts, r.Tokens, r.TokensPerS/1e6, r.WarmTokensPerS/1e6)
	if r.SameIDs == nil {
		return text + "; Hugging Face tokenizers: not at hand"
	}
	return text + fmt.Sprintf("; Hugging Face tokenizers %.2f, again %.2f: %.1f and %.1f times; same ids: %v", *r.HFTokensPerS/1e6, *r.HFWarmTokensPerS/1e6,
		r.TokensPerS / *r.HFTokensPerS, r.WarmTokensPerS / *r.HFWarmTokensPerS, *r.SameIDs)
}
