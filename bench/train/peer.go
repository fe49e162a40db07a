package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

//go:embed peer.py
var peerScript string

// pytorch is the peer's tokens/s on one thread, nil where it cannot be measured.
func pytorch(python, dir string, s shape, least time.Duration) *float64 {
	if python == "" {
		return nil
	}
	cmd := exec.Command(python, "-", dir, fmt.Sprint(s.batch), fmt.Sprint(s.seq), fmt.Sprint(s.vocabulary), fmt.Sprint(s.rank),
		strings.Join(s.targets, ","), fmt.Sprint(least.Seconds()))
	cmd.Stdin, cmd.Stderr = strings.NewReader(peerScript), os.Stderr
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "HF_HUB_OFFLINE=1")
	out, err := cmd.Output()
	if err != nil {
		fmt.Fprintf(os.Stderr, "PyTorch is not measured: %s: %v; name a Python with oracle/requirements.txt by --python\n", python, err)
		return nil
	}
	var answer struct {
		TokensPerS float64 `json:"tokens_per_s"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		fmt.Fprintln(os.Stderr, "PyTorch is not measured: its answer is no JSON")
		return nil
	}
	return &answer.TokensPerS
}
