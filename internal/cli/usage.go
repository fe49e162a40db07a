package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
)

// help is what a command does that only has commands below it.
func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// noSuchCommand answers a first word that is no command.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return exit.Errorf(exit.Usage, "unknown command %q; %s", args[0],
		cmp.Or(suggest.Choice(args[0], names), "`"+cmd.CommandPath()+" --help` lists the commands"))
}

// asUsed wants the arguments that a command's usage line names: DAG one, [RUN] one or
// none, STEP… one or more, [STEP…] any number; and the flag that stands there.
func asUsed(cmd *cobra.Command, args []string) error {
	line, flag, _ := strings.Cut(cmd.Use, " --")
	if flag, _, _ = strings.Cut(flag, " "); flag != "" && !cmd.Flags().Changed(flag) {
		return misused(cmd, "--"+flag+" is missing: "+cmd.Flags().Lookup(flag).Usage)
	}
	wanted := strings.Fields(line)[1:]
	for i, name := range wanted {
		switch {
		case i == len(args) && name[0] != '[':
			return misused(cmd, strings.TrimSuffix(name, "…")+" is missing: "+meaning(cmd, name))
		case strings.HasSuffix(name, "…]"), strings.HasSuffix(name, "…"):
			return nil
		}
	}
	if len(args) > len(wanted) {
		return misused(cmd, fmt.Sprintf("%q is one word too many", args[len(wanted)]))
	}
	return nil
}

func misused(cmd *cobra.Command, what string) error {
	path := cmd.CommandPath()
	line := strings.TrimSuffix(path, cmd.Name()) + cmd.Use
	return exit.Errorf(exit.Usage, "%s: %s; type `%s`, see `%s --help`", path, what, line, path)
}

// meaning says what an argument of a command's usage line is.
func meaning(cmd *cobra.Command, argument string) string {
	if cmd.Parent().Name() == "schedule" {
		return "a DAG as `clinflow schedule list` names it"
	}
	switch argument {
	case "DAG":
		return "a DAG file, or a shipped DAG by its name (" + strings.Join(dags.Shipped(), ", ") + ")"
	case "NAME":
		return "the name of a model as `clinflow models list` has it"
	case "STEP…":
		return "a step as `clinflow plan DAG` names it"
	case "RUN":
		return "the id of a run as `clinflow runs list` has it, or last"
	default:
		return "a folder with a manifest.json, such as a step's in clinflow-out/steps"
	}
}

// unknownFlag adds to the complaint about a flag which one may have been meant.
func unknownFlag(cmd *cobra.Command, err error) error {
	hint := "`" + cmd.CommandPath() + " --help` lists the flags"
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		hint = cmp.Or(suggest.Choice("--"+unknown.GetSpecifiedName(), names), hint)
	}
	var bare *pflag.ValueRequiredError
	if errors.As(err, &bare) && bare.GetSpecifiedName() == "force" {
		hint = "name the step that is to run again; --force-all is of all that are chosen"
	}
	return exit.Errorf(exit.Usage, "%w; %s", err, hint)
}

// newHelp is cobra's help command, which knows no error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err == nil {
				err = noSuchCommand(about, rest)
			}
			if err != nil {
				return err
			}
			return about.Help()
		},
	}
}
