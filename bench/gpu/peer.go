package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
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

// speeds are PEFT's of one shape.
type speeds struct{ eager, compiled *speed }

// speed is a median step, and the most memory that torch's tensors took; the driver's
// own part is not in it.
type speed struct {
	MS     float64 `json:"ms"`
	Memory int64   `json:"memory"` // bytes
}

// answer is a line of peer.py's.
type answer struct {
	Versions map[string]string
	Losses   []float64
	Speed    *struct {
		speed
		Place    int
		Compiled bool
	}
}

// askPeer runs the script over the folder that size.write made. It says what is left
// out and why, and guesses nothing.
func askPeer(o options, dir string) peer {
	if o.noPeer {
		say("PEFT is left out, as was asked")
		return peer{}
	}
	script := filepath.Join(dir, "peer.py")
	if err := os.WriteFile(script, peerScript, 0o600); err != nil {
		say("PEFT is left out: %v", err)
		return peer{}
	}
	text, err := runPython(o, script, dir)
	p, errRead := readAnswers(text)
	if err := errors.Join(err, errRead); err != nil {
		say("PEFT is left out, or some of it: %s: %v; name a Python with torch, transformers and peft by --python", o.python, err)
	}
	return p
}

// runPython returns what was printed, also where the script was ended before it was
// done: it ends itself in time but for a call that does not return.
func runPython(o options, script, dir string) ([]byte, error) {
	const grace = 45 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), o.peerTime+grace)
	defer cancel()
	cmd := exec.CommandContext(ctx, o.python, script, dir)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "TOKENIZERS_PARALLELISM=false")
	cmd.Stderr, cmd.WaitDelay = os.Stderr, time.Second // torch.compile's workers may hold the pipe
	return cmd.Output()
}

func readAnswers(text []byte) (peer, error) {
	p := peer{speeds: map[int]speeds{}}
	for lines := json.NewDecoder(bytes.NewReader(text)); ; {
		var a answer
		if err := lines.Decode(&a); errors.Is(err, io.EOF) {
			return p, nil
		} else if err != nil {
			return p, err
		}
		p.add(a)
	}
}

func (p *peer) add(a answer) {
	switch {
	case a.Versions != nil:
		p.versions = a.Versions
	case a.Losses != nil:
		p.losses = a.Losses
	case a.Speed != nil:
		s := p.speeds[a.Speed.Place]
		if a.Speed.Compiled {
			s.compiled = &a.Speed.speed
		} else {
			s.eager = &a.Speed.speed
		}
		p.speeds[a.Speed.Place] = s
	}
}
