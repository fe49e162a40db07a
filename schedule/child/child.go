// Package child runs what a scheduler begins as processes of the same binary: a crash of
// a run, or its end for a later one, cannot take the scheduler down, and a run outlives a
// scheduler that is killed.
package child

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/schedule"
)

// Runner is a schedule.Runner whose attempts are processes.
type Runner struct {
	binary string
	args   func(schedule.Attempt) []string
	out    store.Dir
	told   io.Writer
	ended  chan struct{}
	asked  map[schedule.Attempt]time.Time // when Interrupt last was
}

// New is a runner for an output folder. args are the arguments of this binary for an
// attempt; what it prints goes to told.
func New(out store.Dir, args func(schedule.Attempt) []string, told io.Writer) (*Runner, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program for the runs that a scheduler begins: %w", err)
	}
	return &Runner{
		binary: binary, args: args, out: out, told: told, ended: make(chan struct{}, 1), asked: map[schedule.Attempt]time.Time{},
	}, nil
}

// Woken has something when a process has ended.
func (r *Runner) Woken() <-chan struct{} { return r.ended }

// Start implements schedule.Runner. The process is in a group of its own: Ctrl-C on a
// terminal is the scheduler's to pass on.
func (r *Runner) Start(_ context.Context, a schedule.Attempt) (schedule.Process, error) {
	cmd := exec.Command(r.binary, r.args(a)...)
	cmd.Stdout, cmd.Stderr = r.told, r.told
	inOwnGroup(cmd)
	if err := cmd.Start(); err != nil {
		return nil, exit.Errorf(exit.Retry, "begin a process for the run: %w", err)
	}
	p := &process{cmd: cmd}
	go func() {
		_ = cmd.Wait() // its state says how it ended
		p.end(r.result(a, codeOf(cmd.ProcessState)))
		select {
		case r.ended <- struct{}{}:
		default:
		}
	}()
	return p, nil
}

// result is what a process left, of which the run's journal tells more than the exit code.
func (r *Runner) result(a schedule.Attempt, code int) schedule.Result {
	result := schedule.Result{Code: code, Untold: code < 0}
	run, found, err := runners.FindScheduled(context.Background(), r.out, a.Run, a.Number)
	switch {
	case code == 0 && err == nil && found:
		result.Ran = run.Ran()
	case code == 0:
	case code < 0:
		result.Error = fmt.Sprintf("killed by signal %d; was memory short?", -code)
	case run.Error != "":
		result.Error = run.Error
	default:
		result.Error = fmt.Sprintf("exit code %d; what it printed says more", code)
	}
	return result
}

// Hold implements schedule.Runner.
func (r *Runner) Hold(ctx context.Context) (release func(), ok bool, err error) {
	return runners.Hold(ctx, r.out)
}

// Ended implements schedule.Runner by the journals of runs.
func (r *Runner) Ended(ctx context.Context, a schedule.Attempt) (schedule.Result, bool, error) {
	run, found, err := runners.FindScheduled(ctx, r.out, a.Run, a.Number)
	if err != nil || !found || run.State == runners.Running {
		return schedule.Result{}, false, err // its end is not in the journal
	}
	return schedule.Result{Code: run.ExitCode, Error: run.Error, Ran: run.Ran()}, true, nil
}

// AtWork implements schedule.Runner.
func (r *Runner) AtWork(ctx context.Context, a schedule.Attempt) (bool, error) {
	p, err := r.find(ctx, a)
	return p != nil, err
}

// find is the process of an attempt that is at work on this machine, or nil. Whoever has
// the output folder's lock may be a person's run: an attempt that died with the machine
// has no end in its journal either.
func (r *Runner) find(ctx context.Context, a schedule.Attempt) (*os.Process, error) {
	run, found, err := runners.FindScheduled(ctx, r.out, a.Run, a.Number)
	if err != nil || !found || run.State != runners.Running {
		return nil, err
	}
	holder, err := runners.WorksOn(ctx, r.out, run)
	if err != nil || holder.Process == 0 || holder.Host != store.Self().Host {
		return nil, err
	}
	p, err := os.FindProcess(holder.Process)
	if err != nil {
		return nil, nil // it has ended meanwhile
	}
	return p, nil
}

// Interrupt implements schedule.Runner. An attempt that takes longer than
// schedule.Patience is asked again, which ends it at once, as a second Ctrl-C does.
func (r *Runner) Interrupt(ctx context.Context, a schedule.Attempt) error {
	if asked, before := r.asked[a]; before && time.Since(asked) < schedule.Patience {
		return nil
	}
	p, err := r.find(ctx, a)
	if p == nil {
		return err
	}
	r.asked[a] = time.Now()
	_ = terminate(p)
	return nil
}

// process is a run at work.
type process struct {
	cmd    *exec.Cmd
	mu     sync.Mutex
	over   bool
	result schedule.Result
}

func (p *process) end(result schedule.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over, p.result = true, result
}

// Ended implements schedule.Process.
func (p *process) Ended() (schedule.Result, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.result, p.over
}

// Interrupt implements schedule.Process.
func (p *process) Interrupt() { _ = terminate(p.cmd.Process) }

// Kill implements schedule.Process.
func (p *process) Kill() { _ = p.cmd.Process.Kill() }
