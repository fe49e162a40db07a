// Command gpu checks a card and measures it, all in one run: every kernel and whole
// training steps against the processor, a curve of losses against PEFT's, and LoRA
// steps of LLaMA-7B's shape against PEFT's and against the card's own matrix product.
//
//	sh bench/gpu/run.sh [RESULTS]
//	bench/gpu/gpu [--device N] [--python PATH] [--results DIR] [--part NAME]
//
// Every part has a process and a time limit of its own, and the report is written anew
// at each figure: what one part does to the card, or a run that is ended, takes no
// figure of another along. Python needs torch for the card, transformers and peft;
// without them the peer is left out. It fails where a check does or a target is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command line's.
type options struct {
	shape    string // a key of sizes
	device   int    // number of the card
	python   string
	noPeer   bool
	peerTime time.Duration // what the peer may take
	time     time.Duration // what all parts may take together
	limits   map[string]time.Duration
	results  string // folder
	part     string // the only one; "": all
	inside   string // folder of the run that this process is a part of; "": it is the run
	want     targets
}

// targets are what a shape has to reach.
type targets struct {
	eager, compiled float64 // our tokens/s over PEFT's
}

func main() {
	o := options{limits: map[string]time.Duration{}}
	flag.StringVar(&o.shape, "shape", "7b", "what is measured: 7b, or tiny to try the program itself")
	flag.IntVar(&o.device, "device", 0, "number of the card")
	flag.StringVar(&o.python, "python", "python3", "Python with torch, transformers and peft")
	flag.BoolVar(&o.noPeer, "no-peer", false, "leave PEFT out")
	flag.DurationVar(&o.peerTime, "peer-time", 5*time.Minute, "time PEFT may take, compiling included")
	flag.DurationVar(&o.time, "time", 10*time.Minute, "time all parts may take together; PEFT gets what is left")
	flag.Func("limit", "PART=TIME, another time limit for a part", o.limit)
	flag.StringVar(&o.results, "results", "bench/gpu/results", "folder for the report")
	flag.StringVar(&o.part, "part", "", "the only part to run: "+names())
	flag.StringVar(&o.inside, "inside", "", "for the program itself: the folder of the run that this process is a part of")
	flag.Float64Var(&o.want.eager, "want-eager", 2, "tokens/s wanted, as a multiple of PEFT's run eagerly")
	flag.Float64Var(&o.want.compiled, "want-compiled", 1.3, "tokens/s wanted, as a multiple of PEFT's under torch.compile")
	flag.Parse()
	if err := start(o); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// limit reads a --limit.
func (o *options) limit(text string) error {
	name, value, _ := strings.Cut(text, "=")
	if _, err := find(name); err != nil {
		return err
	}
	d, err := time.ParseDuration(value)
	o.limits[name] = d
	return err
}

func start(o options) error {
	if _, ok := sizes[o.shape]; !ok {
		return fmt.Errorf("--shape: there is no shape %q", o.shape)
	}
	if o.inside != "" {
		return o.runInside(os.Stdout)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, o, os.Stdout)
}

// run goes through the parts, each in a process of its own. What fails is kept in the
// report and does not stop what can still be measured.
func run(ctx context.Context, o options, out io.Writer) error {
	list, err := o.parts()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.time)
	defer cancel()
	dir, err := os.MkdirTemp("", "clinflow-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := sizes[o.shape].write(dir); err != nil {
		return fmt.Errorf("files of the models: %w", err)
	}
	k := &kept{o: o}
	for _, p := range list {
		if err := k.run(ctx, p, dir, out); err != nil {
			return err
		}
	}
	return k.report().err()
}

// run runs a part and prints the report as it is then. The error is of a report that
// cannot be written, or of a machine without a card.
func (k *kept) run(ctx context.Context, p part, dir string, out io.Writer) error {
	say("part %s", p.name)
	if err := p.child(ctx, k.o, dir, k.take); err != nil {
		k.take(finding{Failure: fmt.Sprintf("part %s: %v", p.name, err)})
	}
	if k.report().Device == "" {
		return errors.Join(k.err, k.report().err())
	}
	return errors.Join(k.err, k.report().print(out, k.path))
}

// say tells of progress.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}
