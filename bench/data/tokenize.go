package main

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/bench/peer"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

type options struct{ texts, tokenizer, hf, python string }

// rounds is how often all texts are encoded; the fastest counts.
const rounds = 20

// measure encodes all texts with both tokenizers.
func (o options) measure() (r result, err error) {
	texts, err := readTexts(o.texts)
	if err != nil {
		return r, err
	}
	data, err := os.ReadFile(o.tokenizer)
	if err != nil {
		return r, err
	}
	model, err := sentencepiece.Parse(data)
	if err != nil {
		return r, err
	}
	seconds, digest := math.Inf(1), ""
	for range rounds {
		start := cpuSeconds()
		e, ids := model.NewEncoder(), newRows(texts)
		for _, text := range texts {
			ids.end(e.Encode(ids.all, text))
		}
		seconds = min(seconds, cpuSeconds()-start)
		r.Texts, r.Tokens, digest = len(texts), len(ids.all), ids.digest()
	}
	r.TokensPerS = float64(r.Tokens) / seconds
	answer, err := askPeer(o.python, o.hf, texts)
	if answer != nil {
		ratio, same := r.TokensPerS/answer.TokensPerS, answer.Digest == digest
		r.HFTokensPerS, r.Ratio, r.SameIDs = &answer.TokensPerS, &ratio, &same
	}
	return r, err
}

// rows are the ids of texts, one after the other.
type rows struct {
	all  []int32
	ends []int
}

func newRows(texts []string) *rows {
	return &rows{make([]int32, 0, 1<<21), make([]int, 0, len(texts))}
}

func (r *rows) clear() { r.all, r.ends = r.all[:0], r.ends[:0] }

// end takes all ids up to the end of another text.
func (r *rows) end(all []int32) { r.all, r.ends = all, append(r.ends, len(all)) }

// digest is the peer's, of a line for each text.
func (r *rows) digest() string {
	sum, from := sha256.New(), 0
	for _, end := range r.ends {
		fmt.Fprintln(sum, r.all[from:end])
		from = end
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// peerAnswer is what peer.py prints.
type peerAnswer struct {
	TokensPerS     float64 `json:"tokens_per_s"`
	WarmTokensPerS float64 `json:"warm_tokens_per_s"`
	Digest         string  `json:"digest"`
}

// askPeer lets the peer encode the same texts by a tokenizer.json, nil where there is
// no peer.
func askPeer(python, definition string, texts []string) (*peerAnswer, error) {
	if python == "" || definition == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "clinflow-bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	packed, err := json.Marshal(texts)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "texts.json")
	if err := os.WriteFile(file, packed, 0o600); err != nil {
		return nil, err
	}
	var answer peerAnswer
	if !peer.Measure(python, script, &answer, file, definition, fmt.Sprint(rounds)) {
		return nil, nil
	}
	return &answer, nil
}

// readTexts reads the distinct texts of a column transcription, in their order.
func readTexts(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var in io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(file); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	records, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, errors.New(path + ": malformed CSV")
	}
	column := slices.Index(records[0], "transcription")
	if column < 0 {
		return nil, errors.New(path + ": no column transcription")
	}
	var texts []string
	seen := map[string]bool{"": true}
	for _, record := range records[1:] {
		if text := record[column]; !seen[text] {
			seen[text] = true
			texts = append(texts, text)
		}
	}
	return texts, nil
}
