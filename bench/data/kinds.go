package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/clinflow/clinflow/internal/store"
	_ "github.com/clinflow/clinflow/stages/tokenize"
	_ "github.com/clinflow/clinflow/stages/tokenize/bytebpe"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
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
	digest, err := r.ours(dir, texts)
	if err != nil {
		return r, err
	}
	answer, err := askPeer(python, definition, texts)
	if answer != nil {
		same := answer.Digest == digest
		r.HFTokensPerS, r.HFWarmTokensPerS, r.SameIDs = &answer.TokensPerS, &answer.WarmTokensPerS, &same
	}
	return r, err
}

// ours measures our encoders.
func (r *kindResult) ours(folder string, texts []string) (digest string, err error) {
	dir, err := store.Open(folder)
	if err != nil {
		return "", err
	}
	t, err := tokenizer.Open(context.Background(), dir)
	if err != nil {
		return "", err
	}
	best := [2]float64{math.Inf(1), math.Inf(1)} // seconds of a new encoder, and of one that knows the texts
	ids := newRows(texts)                        // kept, as the stages keep theirs
	for range rounds {
		start := cpuSeconds()
		e := t.NewEncoder()
		for state := range best {
			ids.clear()
			for _, text := range texts {
				ids.end(e.Encode(ids.all, text, math.MaxInt))
			}
			best[state] = min(best[state], cpuSeconds()-start)
			start = cpuSeconds()
		}
	}
	r.Texts, r.Tokens = len(texts), len(ids.all)
	r.TokensPerS, r.WarmTokensPerS = float64(r.Tokens)/best[0], float64(r.Tokens)/best[1]
	return ids.digest(), nil
}

// cpuSeconds are those that this process took until now, its collector's included: of
// them other programs on the machine take least.
func cpuSeconds() float64 {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return math.NaN()
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
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
