package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed peer.py
var peerScript []byte

// peer is what PEFT did; what it could not do is nil.
type peer struct {
	versions map[string]string
	losses   []float64
	speeds   map[int]speeds // by the place in size.timed
}

// speeds are PEFT's of one shape: run eagerly, so under autocast as transformers' Trainer
// trains in bf16, and under torch.compile.
type speeds struct{ eager, autocast, compiled *speed }

// speed is a median step, and the most memory that torch's tensors took; the driver's
// own part is not in it.
type speed struct {
	MS     float64 `json:"ms"`
	Memory int64   `json:"memory"` // bytes
}

// answer is a line of peer.py's.
type answer struct {
	Versions map[string]string `json:"versions,omitempty"`
	Losses   []float64         `json:"losses,omitempty"`
	Speed    *struct {
		speed
		Place   int    `json:"place"`
		Variant string `json:"variant"`
	} `json:"speed,omitempty"`
}

// peer runs the script over the folder of the run. It says what is left out and why, and
// guesses nothing. The script ends itself in time but for a call that does not return.
func (w *bench) peer() error {
	script := filepath.Join(w.inside, "peer.py")
	if err := os.WriteFile(script, peerScript, 0o600); err != nil {
		return err
	}
	if err := w.writeJob(w.inside, w.options); err != nil {
		return err
	}
	cmd := exec.Command(w.python, script, w.inside)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "TOKENIZERS_PARALLELISM=false")
	cmd.Stdout = &lines[answer]{take: func(a answer) { w.tell(finding{Peer: &a}) }}
	cmd.Stderr, cmd.WaitDelay = os.Stderr, time.Second // torch.compile's workers may hold the pipe
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("PEFT is left out, or some of it: %s: %w; name a Python with torch, transformers and peft by --python, or leave it out by --no-peer", w.python, err)
	}
	return nil
}

func (p *peer) add(a answer) {
	switch {
	case a.Versions != nil:
		p.versions = a.Versions
	case a.Losses != nil:
		p.losses = a.Losses
	case a.Speed != nil:
		s := p.speeds[a.Speed.Place]
		switch a.Speed.Variant {
		case "eager":
			s.eager = &a.Speed.speed
		case "autocast":
			s.autocast = &a.Speed.speed
		case "compiled":
			s.compiled = &a.Speed.speed
		}
		p.speeds[a.Speed.Place] = s
	}
}
