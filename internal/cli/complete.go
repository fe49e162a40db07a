package cli

import (
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/runners"
)

// completions is what a shell asks for: the words that may stand where the cursor is.
type completions = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// first completes the first argument by the names that a function gives.
func first(names func() []string) completions {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(), cobra.ShellCompDirectiveNoFileComp
	}
}

// dagArgument completes a DAG: a shipped one, or a file.
func dagArgument(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return dags.Shipped(), cobra.ShellCompDirectiveDefault
}

// dagAndSteps completes a DAG and then the steps of it that are not typed yet.
func (f *dagFlags) dagAndSteps(s *settings) completions {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return dagArgument(cmd, args, typed)
		}
		return f.stepsOf(s)(cmd, args, typed)
	}
}

// stepsOf completes a step of the DAG that is typed already.
func (f *dagFlags) stepsOf(s *settings) completions {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		set, err := dags.ParseSet(f.set)
		if err != nil || len(args) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		d, err := dags.Load(cmd.Context(), s.env, dags.Request{DAG: args[0], Set: set})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, step := range d.Steps {
			if !slices.Contains(args[1:], step.Name) {
				names = append(names, step.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// runArgument completes the runs of the folder that --out names.
func runArgument(out *string, most int) completions {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		runs, err := runners.ListRuns(cmd.Context(), *out)
		if err != nil || len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ids := []string{"last"}
		for _, r := range runs {
			ids = append(ids, r.ID)
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

// datasetArgument completes the outputs of steps below output folders here.
func datasetArgument(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	manifests, _ := filepath.Glob(filepath.Join("*", "steps", "*", dataset.ManifestName))
	for i, manifest := range manifests {
		manifests[i] = filepath.Dir(manifest)
	}
	return manifests, cobra.ShellCompDirectiveDefault
}

// complete completes the values of a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
