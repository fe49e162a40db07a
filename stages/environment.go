package stages

import (
	"maps"
	"os"
	"runtime"
	"slices"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/progress"
)

// Environment is what stages run in: the stages that are known, and what the
// machine and the user give them. A program makes one, or takes Default, and hands it
// down to every stage's constructor. It is not changed once a stage was made in it, so
// that many goroutines may use it.
type Environment struct {
	Settings
	specs    map[string]Spec
	examples map[string][]Example // by stage
}

// Settings are what an environment gives to its stages. None of them is in a
// configuration or a fingerprint: they decide how fast a stage works and what it says
// meanwhile.
type Settings struct {
	Workers  int            // goroutines that work on parts and kernels, at least 1
	Progress *progress.Sink // nil: long work is not shown
	Log      zerolog.Logger
}

// Default has the stages that registered themselves from an init function, as many
// workers as there are processors, and logs to standard error.
var Default = NewEnvironment()

// NewEnvironment has the given stages and no others, and the settings of Default. It
// panics as Add does.
func NewEnvironment(specs ...Spec) *Environment {
	e := &Environment{
		Settings: Settings{
			Workers: runtime.GOMAXPROCS(0),
			Log:     zerolog.New(os.Stderr).With().Timestamp().Logger(),
		},
		specs:    map[string]Spec{},
		examples: map[string][]Example{},
	}
	for _, s := range specs {
		e.Add(s)
	}
	return e
}

// With is a copy of the environment with other settings.
func (e *Environment) With(change func(*Settings)) *Environment {
	other := &Environment{Settings: e.Settings, specs: maps.Clone(e.specs), examples: maps.Clone(e.examples)}
	change(&other.Settings)
	return other
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
