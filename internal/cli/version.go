package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the code revision and the platform",
		Args:  asUsed,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), versionLine())
		},
	}
}

func versionLine() string {
	version, revision := build()
	return fmt.Sprintf("clinflow %s (%s) %s %s/%s", version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// module is clinflow's own: the binary's, or a dependency of a binary with stages of
// its own.
const module = "github.com/clinflow/clinflow"

// build reads what the Go tool recorded in the binary.
func build() (version, revision string) {
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
