// Command data measures the data path against named peers in one run: the
// tokenizer, LLaMA's vocabulary on medical transcriptions, on one thread; and the
// path from csv.gz to tokens against one plain loop that does the same work; and one
// pass over MIMIC's largest file against a loop that decompresses and parses it.
//
//	go run ./bench/data path [--json] [--notes 26000] [--large] [--memory 256MiB] [--dir DIR]
//	go run ./bench/data charts [--json] [--rows 20000000] [--memory 256MiB] [--dir DIR]
//	go run ./bench/data tokenizers --texts mtsamples.csv.gz --wordpiece vocab.txt --bytebpe tokenizer.json [--json] [--python PATH]
//	go run ./bench/data --texts mtsamples.csv.gz --tokenizer tokenizer.model --hf tokenizer.json.gz [--json] [--python PATH]
//
// Neither the texts nor published tokenizers are shipped: name your copies;
// oracle/tokenizer_train.py makes a byte-level tokenizer.json of the texts.
package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
)

type result struct {
	Texts        int      `json:"texts"`
	Tokens       int      `json:"tokens"`
	TokensPerS   float64  `json:"tokens_per_s"`
	HFTokensPerS *float64 `json:"hf_tokens_per_s,omitempty"`
	Ratio        *float64 `json:"llama_encode_vs_hf_tokenizers,omitempty"`
	SameIDs      *bool    `json:"same_ids,omitempty"`
}

//go:embed peer.py
var script string

// commands are what the first argument may name. All but path, charts and tokenizers are
// run by the first two.
var commands = map[string]func(args []string) error{
	"path":       pathMain,
	"tree":       func(args []string) error { return makeTree(args[0], args[1]) },
	"loop":       func(args []string) error { return runLoop(args[0], args[1]) },
	"charts":     chartsMain,
	"tokenizers": kindsMain,
	"charttree":  func(args []string) error { return makeChartTree(args[0], args[1]) },
	"chartloop":  func(args []string) error { return runChartLoop(args[0], args[1]) },
}

func main() {
	if len(os.Args) > 1 && commands[os.Args[1]] != nil {
		end(commands[os.Args[1]](os.Args[2:]))
		return
	}
	end(tokenizerMain())
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func tokenizerMain() error {
	var o options
	flag.StringVar(&o.texts, "texts", "", "CSV (.gz) with a column transcription")
	flag.StringVar(&o.tokenizer, "tokenizer", "", "SentencePiece model, tokenizer.model")
	flag.StringVar(&o.hf, "hf", "", "the same as a Hugging Face tokenizer file, tokenizer.json (.gz)")
	flag.StringVar(&o.python, "python", "python3", "Python with tokenizers and pandas; empty: no peer")
	asJSON := flag.Bool("json", false, "print JSON")
	flag.Parse()
	if o.texts == "" || o.tokenizer == "" {
		return errors.New("--texts and --tokenizer are needed")
	}
	r, err := o.measure()
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Println(r)
	return nil
}

func (r result) String() string {
	text := fmt.Sprintf("%d texts, %d tokens: %.2f M tokens/s", r.Texts, r.Tokens, r.TokensPerS/1e6)
	if r.Ratio == nil {
		return text + "; Hugging Face tokenizers: not at hand"
	}
	return text + fmt.Sprintf("; Hugging Face tokenizers %.2f M tokens/s: %.1f times; same ids: %v", *r.HFTokensPerS/1e6, *r.Ratio, *r.SameIDs)
}
