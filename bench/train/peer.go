package main

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/clinflow/clinflow/bench/peer"
)

//go:embed peer.py
var peerScript string

// pytorch is the peer's tokens/s on one thread, nil where it cannot be measured.
func pytorch(python, dir string, s shape, least time.Duration) *float64 {
	var answer struct {
		TokensPerS float64 `json:"tokens_per_s"`
	}
	if !peer.Measure(python, peerScript, &answer, dir, fmt.Sprint(s.batch), fmt.Sprint(s.seq), fmt.Sprint(s.vocabulary),
		fmt.Sprint(s.rank), strings.Join(s.targets, ","), fmt.Sprint(least.Seconds())) {
		return nil
	}
	return &answer.TokensPerS
}
