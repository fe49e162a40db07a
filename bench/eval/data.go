package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// data are scores and labels by column: label k of document i is at k·documents + i.
type data struct {
	scores   []float32
	positive []bool
}

// shareOf is how many of the documents have label k: frequencies fall as those of
// diagnosis codes do, from a quarter of the documents to a few.
func shareOf(k int) float64 { return 0.25 / math.Pow(float64(k+1), 0.9) }

// draw draws whether a document has a label, and a score that knows a little of it.
func draw(random *rand.Rand, share float64) (score float32, positive bool) {
	positive = random.Float64() < share
	score = float32(random.NormFloat64())
	if positive {
		score++
	}
	return score, positive
}

func newData() data {
	random := rand.New(rand.NewPCG(1, 2))
	d := data{make([]float32, documents*labels), make([]bool, documents*labels)}
	for k := range labels {
		for i := range documents {
			at := k*documents + i
			d.scores[at], d.positive[at] = draw(random, shareOf(k))
		}
	}
	return d
}

// write writes scores and labels as the peer reads them: float32 and bytes.
func (d data) write(dir string) error {
	var scores bytes.Buffer
	if err := binary.Write(&scores, binary.LittleEndian, d.scores); err != nil {
		return err
	}
	flags := make([]byte, len(d.positive))
	for i, positive := range d.positive {
		if positive {
			flags[i] = 1
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "scores"), scores.Bytes(), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "labels"), flags, 0o600)
}
