// Package cost measures what work takes of this machine.
package cost

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Cost is what a child process took. Its peak is of resident memory, and begins with
// that of its parent.
type Cost struct {
	CPUS, WallS float64
	PeakMiB     int64
}

// Run runs a command to its end. Its errors go to standard error.
func Run(cmd *exec.Cmd) (c Cost, err error) {
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return c, fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
	}
	c.WallS = time.Since(start).Seconds()
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	c.CPUS = secondsOf(*usage)
	c.PeakMiB = usage.Maxrss >> 10
	return c, nil
}

// CPUSeconds are those that this process took until now, its collector's included: of
// them other programs on the machine take least.
func CPUSeconds() float64 {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return math.NaN()
	}
	return secondsOf(used)
}

func secondsOf(used syscall.Rusage) float64 {
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

// CPUFlags are what /proc/cpuinfo says that the processor can, "" where there is no such
// file.
func CPUFlags() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	_, flags, _ := strings.Cut(string(info), "\nflags")
	flags, _, _ = strings.Cut(flags, "\n")
	return strings.TrimLeft(flags, "\t :")
}
