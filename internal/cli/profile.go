package cli

import (
	"errors"
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// profiles are where Go's profiles go: `go tool pprof` reads them. They hold
// names of functions and numbers, no data.
type profiles struct {
	cpu, memory string
	cpuFile     *os.File
}

// start begins the CPU profile where one is asked for. Go notes where memory comes from
// as the program runs, which costs a hundredth of a data step; where nobody asks for
// that, it does not.
func (p *profiles) start() (err error) {
	if p.memory == "" {
		runtime.MemProfileRate = 0
	}
	if p.cpu == "" {
		return nil
	}
	if p.cpuFile, err = create(p.cpu); err != nil {
		return err
	}
	return pprof.StartCPUProfile(p.cpuFile)
}

// stop ends the CPU profile and writes that of allocations.
func (p *profiles) stop() error {
	var err error
	if p.cpuFile != nil {
		pprof.StopCPUProfile()
		err = p.cpuFile.Close()
	}
	if p.memory == "" {
		return err
	}
	f, created := create(p.memory)
	if created != nil {
		return errors.Join(err, created)
	}
	runtime.GC()
	return errors.Join(err, pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

func create(path string) (*os.File, error) {
	f, err := store.OpenOwn(path, os.O_WRONLY)
	if err == nil {
		err = f.Truncate(0)
	}
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "begin a profile: %w", err)
	}
	return f, nil
}
