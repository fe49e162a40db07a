package main

import (
	"context"
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

	"github.com/clinflow/clinflow/bench/cost"
	"github.com/clinflow/clinflow/bench/peer"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// rounds is how often all texts are encoded; the fastest counts.
const rounds = 20

// speed is what our encoders take for all texts.
type speed struct {
	tokens     int
	cold, warm float64 // seconds of CPU of a new encoder, and of one that knows the texts
	digest     string
}

// speedOf measures encoders of the tokenizer of a folder.
func speedOf(folder string, texts []string) (s speed, err error) {
	dir, err := store.Open(folder)
	if err != nil {
		return s, err
	}
	t, err := tokenizer.Open(context.Background(), dir)
	if err != nil {
		return s, err
	}
	ids := newRows(texts) // kept, as the stages keep theirs
	best := [2]float64{math.Inf(1), math.Inf(1)}
	for range rounds {
		start := cost.CPUSeconds()
		e := t.NewEncoder()
		for state := range best {
			ids.clear()
			for _, text := range texts {
				ids.end(e.Encode(ids.all, text, math.MaxInt))
			}
			best[state] = min(best[state], cost.CPUSeconds()-start)
			start = cost.CPUSeconds()
		}
	}
	return speed{len(ids.all), best[0], best[1], ids.digest()}, nil
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
	Cold   float64 `json:"cold_s"`
	Warm   float64 `json:"warm_s"`
	Digest string  `json:"digest"`
}

// askPeer lets a peer encode the same texts by its file of the tokenizer, nil where
// there is no such peer.
func askPeer(python, name, file string, texts []string) (*peerAnswer, error) {
	if python == "" {
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
	list := filepath.Join(dir, "texts.json")
	if err := os.WriteFile(list, packed, 0o600); err != nil {
		return nil, err
	}
	var answer peerAnswer
	if !peer.Measure(python, script, &answer, name, list, file, fmt.Sprint(rounds)) {
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
