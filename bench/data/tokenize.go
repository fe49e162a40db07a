package main

import (
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
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/bench/peer"
	"github.com/clinflow/clinflow/stages/tokenize/sentencepiece"
)

type options struct{ texts, tokenizer, hf, python string }

// rounds is how often all texts are encoded; the fastest counts.
const rounds = 5

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
		took, tokens, sum := encode(model, texts)
		seconds, digest = min(seconds, took), sum
		r.Texts, r.Tokens = len(texts), tokens
	}
	r.TokensPerS = float64(r.Tokens) / seconds
	return r, o.compare(&r, texts, digest)
}

// encode times a new encoder over all texts, so that its cache begins empty.
func encode(model *sentencepiece.Model, texts []string) (seconds float64, tokens int, digest string) {
	ids, ends := make([]int32, 0, 1<<20), make([]int, len(texts))
	start := time.Now()
	e := model.NewEncoder()
	for i, text := range texts {
		ids = e.Encode(ids, text)
		ends[i] = len(ids)
	}
	seconds = time.Since(start).Seconds()
	sum, from := xxhash.New(), 0
	for _, end := range ends {
		fmt.Fprintln(sum, ids[from:end])
		from = end
	}
	return seconds, len(ids), fmt.Sprintf("%016x", sum.Sum64())
}

// compare lets the peer encode the same texts.
func (o options) compare(r *result, texts []string, digest string) error {
	if o.python == "" || o.hf == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "clinflow-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	packed, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "texts.json")
	if err := os.WriteFile(file, packed, 0o600); err != nil {
		return err
	}
	var answer struct {
		TokensPerS float64 `json:"tokens_per_s"`
		Digest     string  `json:"digest"`
	}
	if peer.Measure(o.python, script, &answer, file, o.hf, fmt.Sprint(rounds)) {
		ratio, same := r.TokensPerS/answer.TokensPerS, answer.Digest == digest
		r.HFTokensPerS, r.Ratio, r.SameIDs = &answer.TokensPerS, &ratio, &same
	}
	return nil
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
