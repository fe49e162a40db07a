package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/version"
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
	return fmt.Sprintf("clinflow %s %s %s/%s", version.Build(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
