package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// grace is what the peer may take to end itself.
const grace = 15 * time.Second

// arguments are those of the process of a part that may take so long.
func (o options) arguments(name, dir string, limit time.Duration) []string {
	return []string{"--inside", dir, "--part", name, "--shape", o.shape, "--device", strconv.Itoa(o.device),
		"--python", o.python, "--peer-time", min(o.peerTime, max(limit-grace, 0)).String()}
}

// child runs the part in a process of its own and takes what it finds, as it is found.
func (p part) child(ctx context.Context, o options, dir string, take func(finding)) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	limit := p.limit
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end))
	}
	if ctx.Err() != nil {
		return fmt.Errorf("not begun: %w", ctx.Err())
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done after %v", limit.Round(time.Second)))
	defer cancel()
	cmd := exec.CommandContext(ctx, program, o.arguments(p.name, dir, limit)...)
	inGroup(cmd)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &lines[finding]{take: take}, os.Stderr, time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	err = cmd.Wait()
	_ = endGroup(cmd) // what is still there of it: nothing, as a rule

	if cause := context.Cause(ctx); err != nil && cause != nil { // it was killed for that
		err = cause
	}
	if err != nil {
		return fmt.Errorf("its process failed: %w", err)
	}
	return nil
}

// lines reads a line of JSON at a time, as it is written.
type lines[T any] struct {
	take func(T)
	rest []byte
}

func (l *lines[T]) Write(text []byte) (int, error) {
	l.rest = append(l.rest, text...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(text), nil
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return 0, fmt.Errorf("a line that is no result: %w", err)
		}
		l.take(v)
		l.rest = rest
	}
}
