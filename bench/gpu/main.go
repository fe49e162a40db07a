// Command gpu checks a card and measures it, all in one run: every kernel and whole
// training steps against the processor, a curve of losses against PEFT's, and LoRA
// steps of LLaMA-7B's shape against PEFT's and against the card's own matrix product.
//
//	sh bench/gpu/run.sh
//	bench/gpu/gpu [--device N] [--python PATH] [--results DIR]
//
// Python needs torch for the card, transformers and peft; without them the peer is
// left out. It fails where a check does or a target is missed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda"
)

// options are the command line's.
type options struct {
	shape    string // a key of sizes
	device   int    // number of the card
	python   string
	noPeer   bool
	peerTime time.Duration // what the peer may take
	results  string        // folder
	want     targets
}

// targets are what a shape has to reach.
type targets struct {
	eager, compiled float64 // our tokens/s over PEFT's
}

func main() {
	var o options
	flag.StringVar(&o.shape, "shape", "7b", "what is measured: 7b, or tiny to try the program itself")
	flag.IntVar(&o.device, "device", 0, "number of the card")
	flag.StringVar(&o.python, "python", "python3", "Python with torch, transformers and peft")
	flag.BoolVar(&o.noPeer, "no-peer", false, "leave PEFT out")
	flag.DurationVar(&o.peerTime, "peer-time", 5*time.Minute, "time PEFT may take, compiling included")
	flag.StringVar(&o.results, "results", "bench/gpu/results", "folder for the report")
	flag.Float64Var(&o.want.eager, "want-eager", 2, "tokens/s wanted, as a multiple of PEFT's run eagerly")
	flag.Float64Var(&o.want.compiled, "want-compiled", 1.3, "tokens/s wanted, as a multiple of PEFT's under torch.compile")
	flag.Parse()
	if err := run(o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run measures the peer first, while it has the card for itself. What fails is kept in
// the report and does not stop what can still be measured.
func run(o options, out io.Writer) error {
	s, ok := sizes[o.shape]
	if !ok {
		return fmt.Errorf("--shape: there is no shape %q", o.shape)
	}
	dir, err := os.MkdirTemp("", "clinflow-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := s.write(dir, o); err != nil {
		return fmt.Errorf("files for the peer: %w", err)
	}
	r := newReport(o)
	if err := r.identify(o.device); err != nil {
		return err
	}
	p := askPeer(o, dir)
	r.Peer = p.versions
	r.attempt("checks", r.check(o.device, s))
	r.attempt("card", r.measure(o.device, s, dir, p))
	r.attempt("tuned products", r.tuned(o.device, s, p))
	r.judge(o.want)
	path, err := r.save(o.results)
	return errors.Join(err, r.print(out, path), r.err())
}

// measure opens the card in the type of training for the curve and all that is timed.
func (r *report) measure(device int, s size, dir string, p peer) error {
	b, err := cuda.New(cuda.Options{Device: device, Float: kernel.BF16})
	if err != nil {
		return err
	}
	r.Kernel = b.Name()
	r.attempt("loss curve", r.learnt(b, s, dir, p.losses))
	r.attempt("peak", r.card(b, s))
	r.timed(b, s, p.speeds)
	return b.Close()
}

// timed is every shape, and the first one again with gradient checkpointing and by its
// parts.
func (r *report) timed(b kernel.Backend, s size, theirs map[int]speeds) {
	for i, shape := range append(slices.Clone(s.timed), checkpointed(s.timed[0])) {
		say("steps of %s", title(shape))
		t, err := timeSteps(b, shape, s.ours)
		if err != nil {
			r.attempt("steps of "+title(shape), err)
			continue
		}
		measured := newResult(shape, t, r.PeakTFLOPS, theirs[i])
		if i < len(s.shares) {
			measured.wantedShare = s.shares[i]
		}
		r.Shapes = append(r.Shapes, measured)
		if i == 0 {
			r.attempt("parts of a step", r.parts(b, shape, s.ours, t))
		}
	}
}

// tuned is the first shape with the fastest of the algorithms that cuBLAS offers for
// each product: what its own choice, which training takes, leaves.
func (r *report) tuned(device int, s size, p peer) error {
	b, err := cuda.New(cuda.Options{Device: device, Float: kernel.BF16, Tune: true})
	if err != nil {
		return err
	}
	say("steps of %s, products tuned", title(s.timed[0]))
	t, err := timeSteps(b, s.timed[0], s.ours)
	if err == nil {
		measured := newResult(s.timed[0], t, r.PeakTFLOPS, p.speeds[0])
		measured.Tuned = true
		r.Shapes = append(r.Shapes, measured)
	}
	return errors.Join(err, b.Close())
}

// say tells of progress.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}
