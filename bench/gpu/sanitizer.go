package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// sanitizer runs the checks in bf16 under NVIDIA's compute-sanitizer, which finds what a
// kernel reads and writes outside of its memory. It takes many times as long as they do.
func (w *bench) sanitizer() error {
	tool, errTool := exec.LookPath("compute-sanitizer")
	program, errProgram := os.Executable()
	if err := errors.Join(errTool, errProgram); err != nil {
		return fmt.Errorf("%w; compute-sanitizer comes with CUDA's toolkit", err)
	}
	said := filepath.Join(w.inside, "sanitizer")
	arguments := []string{"--tool", "memcheck", "--error-exitcode", "1", "--log-file", said, program}
	cmd := exec.Command(tool, append(arguments, w.arguments("checks-bf16", w.inside, time.Hour)...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr // what the checks find, in lines
	err := cmd.Run()
	if text, errRead := os.ReadFile(said); err != nil && errRead == nil {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(text[:min(len(text), 4<<10)])))
	}
	w.passes("compute-sanitizer", err)
	return nil
}
