package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/clinflow/clinflow/bench/cost"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// loadPieces is how many pieces Llama 3 has, without its added tokens.
const loadPieces = 128_000

// loadLetters make words of which so many pieces have as many merges as Llama 3's.
const loadLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"

// loadSeconds is what opening a made-up tokenizer.json of so many pieces takes, the
// least of a few times.
func loadSeconds() (least float64, err error) {
	at, err := os.MkdirTemp("", "clinflow-bench")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(at)
	data, err := largeTokenizer(loadPieces)
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(at, "tokenizer.json"), data, 0o600); err != nil {
		return 0, err
	}
	dir, err := store.Open(at)
	if err != nil {
		return 0, err
	}
	least = math.Inf(1)
	for range rounds {
		start := cost.CPUSeconds()
		if _, err := tokenizer.Open(context.Background(), dir); err != nil {
			return 0, err
		}
		least = min(least, cost.CPUSeconds()-start)
	}
	return least, nil
}

// largeTokenizer is a byte-level tokenizer.json.
func largeTokenizer(size int) ([]byte, error) {
	pieces, ids, merges := []string{}, map[string]int{}, [][2]string{}
	add := func(text string) { ids[text], pieces = len(pieces), append(pieces, text) }
	for b, next := 0, rune(0x100); b < 256; b++ { // the characters that stand for bytes
		if b > ' ' && b < 0x7f || b > 0xa0 && b != 0xad {
			add(string(rune(b)))
		} else {
			add(string(next))
			next++
		}
	}
	for at := 0; len(pieces) < size; at++ { // words, the shorter ones first: all their parts are pieces
		if shorter := pieces[at]; strings.Trim(shorter, loadLetters) == "" {
			for _, letter := range loadLetters[:min(len(loadLetters), size-len(pieces))] {
				add(shorter + string(letter))
				for cut := range shorter {
					word := pieces[len(pieces)-1]
					merges = append(merges, [2]string{word[:cut+1], word[cut+1:]})
				}
			}
		}
	}
	type section map[string]any
	return json.Marshal(section{
		"version": "1.0", "added_tokens": []any{}, "normalizer": nil, "post_processor": nil, "decoder": section{"type": "ByteLevel"},
		"pre_tokenizer": section{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
		"model":         section{"type": "BPE", "ignore_merges": true, "vocab": ids, "merges": merges},
	})
}
