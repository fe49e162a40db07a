//go:build !unix

package child

import (
	"os"
	"os/exec"
)

func inOwnGroup(*exec.Cmd) {}

// terminate ends a process: there is no asking.
func terminate(p *os.Process) error { return p.Kill() }

// codeOf is a process's exit code: there are no signals.
func codeOf(state *os.ProcessState) int { return state.ExitCode() }
