package stages

import (
	"context"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
)

// Environment is what stages run in: the stages that are known, and what the
// machine and the user give them. A program makes one, or takes Default, and hands it
// down to every stage's constructor. It is not changed once a stage was made in it, so
// that many goroutines may use it.
type Environment struct {
	Settings
	specs    map[string]Spec
	examples map[string][]Example // by stage
	shared   *sync.Map
}

// Settings are what an environment gives to its stages. None of them is in a
// configuration or a fingerprint: they decide how fast a stage works and what it says
// meanwhile. Of the device the kernel's name is in the fingerprint; see Identified.
type Settings struct {
	Workers       int            // goroutines that work on parts and kernels, at least 1
	RemoteWorkers int            // those of each process that an engine starts elsewhere; 0: as many as it has processors
	Device        string         // where models are trained: auto, cuda, cuda:N, cpu, cpu:go, cpu:avx2 or cpu:avx512
	Memory        *memory.Budget // what data stages may take
	Progress      *progress.Sink // nil: long work is not shown
	Log           zerolog.Logger
	Run           string   // id of the run that a stage works for, for records; "" where there is none
	Digester      Digester // nil: files are read for their sha256
}

// Digester gives the sha256 of a local file in hexadecimal. The planner has one that
// knows the files of the steps' paths, as it read them for their fingerprints.
type Digester func(ctx context.Context, path string) (string, error)

// Default has the stages that registered themselves from an init function, as many
// workers as there are processors, 1 GiB of memory, the device auto, and logs to
// standard error.
var Default = NewEnvironment()

// NewEnvironment has the given stages and no others, and the settings of Default. It
// panics as Add does.
func NewEnvironment(specs ...Spec) *Environment {
	e := &Environment{
		Settings: Settings{
			Workers: runtime.GOMAXPROCS(0), Memory: memory.New(memory.DefaultBytes), Device: "auto",
			Log: zerolog.New(os.Stderr).With().Timestamp().Logger(),
		},
		specs:    map[string]Spec{},
		examples: map[string][]Example{},
		shared:   &sync.Map{},
	}
	for _, s := range specs {
		e.Add(s)
	}
	return e
}

// With is a copy of the environment with other settings.
func (e *Environment) With(change func(*Settings)) *Environment {
	other := &Environment{Settings: e.Settings, specs: maps.Clone(e.specs), examples: maps.Clone(e.examples), shared: e.shared}
	change(&other.Settings)
	return other
}

// Shared is what the stages of an environment, and of its copies, have in common by a
// key: what make returned the first time. Whose settings it depends on has these in its
// key.
func (e *Environment) Shared(key any, make func() any) any {
	if value, ok := e.shared.Load(key); ok {
		return value
	}
	value, _ := e.shared.LoadOrStore(key, make())
	return value
}

// Digest is the sha256 of a local file in hexadecimal.
func (e *Environment) Digest(ctx context.Context, path string) (string, error) {
	if e.Digester != nil {
		return e.Digester(ctx, path)
	}
	dir, name, err := store.FolderOf(path)
	if err != nil {
		return "", err
	}
	sum, _, err := store.SHA256(ctx, dir, name)
	return sum, err
}

// Add makes a stage known. It panics on a name taken twice.
func (e *Environment) Add(s Spec) {
	if _, taken := e.specs[s.Name]; taken {
		panic("stage registered twice: " + s.Name)
	}
	e.specs[s.Name] = s
}

// Lookup finds a stage by its name.
func (e *Environment) Lookup(name string) (Spec, bool) {
	s, ok := e.specs[name]
	return s, ok
}

// Names lists the stages in order.
func (e *Environment) Names() []string { return slices.Sorted(maps.Keys(e.specs)) }
