// Package version says which build of the code a binary is.
package version

import (
	"fmt"
	"runtime/debug"
)

// module is clinflow's own: the binary's, or a dependency of a binary with stages of
// its own.
const module = "github.com/clinflow/clinflow"

// Of reads what the Go tool recorded in the binary.
func Of() (version, revision string) {
	version, revision = "devel", "unknown revision"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, revision
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module && m.Version != "" && m.Version != "(devel)" {
			version = m.Version
		}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return version, revision
}

// Build is both, for people.
func Build() string {
	version, revision := Of()
	return fmt.Sprintf("%s (%s)", version, revision)
}
