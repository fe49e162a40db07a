package gs

import (
	"errors"
	"os"
	"strings"
	"syscall"
)

// process names a process so that another one of the same machine can say that it is
// gone. Where a machine does not tell, Boot is "" and nobody can.
type process struct {
	Boot  string `json:"boot"`  // of the machine's kernel, another at each start
	Space string `json:"space"` // in which the number counts: containers have their own
	PID   int    `json:"pid"`
}

func ownProcess() process {
	boot, errBoot := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, errSpace := os.Readlink("/proc/self/ns/pid")
	if errBoot != nil || errSpace != nil {
		return process{PID: os.Getpid()}
	}
	return process{strings.TrimSpace(string(boot)), space, os.Getpid()}
}

// dead says that a process of this machine has ended.
func (p process) dead() bool {
	own := ownProcess()
	if own.Boot == "" || p.Boot != own.Boot || p.Space != own.Space {
		return false
	}
	found, err := os.FindProcess(p.PID)
	return err != nil || errors.Is(found.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
