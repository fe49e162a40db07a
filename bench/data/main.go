// Command data measures the data path against named peers in one run: tokenizers on
// medical transcriptions, on one thread; the path from csv.gz to tokens against one plain
// loop that does the same work; ingest against polars, DuckDB and pandas; one pass over
// MIMIC's largest file against a loop that decompresses and parses it; and, without a peer,
// as many synthetic notes as MIMIC-IV has, at growing sizes.
//
//	go run ./bench/data path [--json] [--notes 26000] [--large] [--memory 256MiB] [--dir DIR]
//	go run ./bench/data scale [--json] [--notes 2653148] [--memory 1GiB] [--dir DIR]
//	go run ./bench/data charts [--json] [--rows 20000000] [--memory 256MiB] [--dir DIR]
//	go run ./bench/data tokenizers --texts mtsamples.csv.gz --wordpiece vocab.txt --bytebpe tokenizer.json [--json] [--python PATH]
//	go run ./bench/data peers [--texts mtsamples.csv.gz --tokenizer FOLDER] [--json] [--python PATH]
//
// Neither the texts nor published tokenizers are shipped: name your copies;
// oracle/tokenizer_train.py makes a byte-level tokenizer.json of the texts. FOLDER is
// LLaMA's, with tokenizer.model and tokenizer.json (.gz); oracle/requirements-peers.txt
// are the peers.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strconv"
)

//go:embed peer.py
var script string

// commands are what the first argument may name. All but path, scale, charts, tokenizers
// and peers are run by those.
var commands = map[string]func(args []string) error{
	"path":       pathMain,
	"tree":       func(args []string) error { return makeTree(args[0], args[1]) },
	"loop":       func(args []string) error { return runLoop(args[0], args[1]) },
	"charts":     chartsMain,
	"tokenizers": kindsMain,
	"peers":      peersMain,
	"scale":      scaleMain,
	"scaletree": func(args []string) error {
		notes, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return err
		}
		return makeScaleTree(args[0], notes)
	},
	"charttree": func(args []string) error { return makeChartTree(args[0], args[1]) },
	"chartloop": func(args []string) error { return runChartLoop(args[0], args[1]) },
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		end(errors.New("name a command: path, scale, charts, tokenizers or peers"))
	}
	end(commands[os.Args[1]](os.Args[2:]))
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
