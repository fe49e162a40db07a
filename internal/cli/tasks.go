package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/declared"
	"github.com/clinflow/clinflow/stages/label"
)

func newTasks(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:               "tasks [TASK…]",
		Short:             "List the tasks with cohort, definition and source, or describe some by their names or files",
		Args:              asUsed,
		ValidArgsFunction: taskArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listTasks(cmd, s.env)
			}
			for _, name := range args {
				if err := tellTask(cmd.OutOrStdout(), s.env, name); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// listTasks tells the tasks of the paper, those that ship, and what is to be done with
// them.
func listTasks(cmd *cobra.Command, env *stages.Environment) error {
	for _, name := range taskNames(env) {
		if err := tellTask(cmd.OutOrStdout(), env, name); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), stages.Wrap("A task of your own is a file: `clinflow tasks FILE` checks and describes it. label.card counts the labels, texts and splits of any of them, and is a gate before training.", ""))
	return err
}

// taskField is the key of label.task that takes a task.
func taskField(env *stages.Environment) (stages.Field, bool) {
	spec, ok := env.Lookup("label.task")
	if !ok {
		return stages.Field{}, false
	}
	return spec.Config().Find("task")
}

// taskNames are those of the paper's tasks, then of those that ship.
func taskNames(env *stages.Environment) (names []string) {
	for _, t := range label.Paper {
		names = append(names, t.Name)
	}
	if f, ok := taskField(env); ok {
		names = append(names, f.Shipped()...)
	}
	return names
}

func tellTask(w io.Writer, env *stages.Environment, nameOrFile string) error {
	for _, t := range label.Paper {
		if t.Name == nameOrFile {
			return described{t.Name, string(t.Kind), "stage " + t.Stage, []line{
				{"cohort", t.Cohort}, {"label", t.Definition}, {"source", t.Source},
			}}.write(w)
		}
	}
	f, ok := taskField(env)
	if !ok {
		return exit.Errorf(exit.Usage, "no task %s, and no stage label.task that would take a file", nameOrFile)
	}
	if !strings.ContainsAny(nameOrFile, "./") && !slices.Contains(f.Shipped(), nameOrFile) {
		return exit.Errorf(exit.Usage, "no task %s; %s", nameOrFile, cmp.Or(suggest.Choice(nameOrFile, taskNames(env)), "`clinflow tasks` lists them"))
	}
	d, err := readTask(f, nameOrFile)
	if err != nil {
		return err
	}
	return described{d.Name, d.Label.Kind, "stage label.task, task: " + nameOrFile, linesOf(d)}.write(w)
}

// readTask reads a declaration and checks it as lint does.
func readTask(f stages.Field, nameOrFile string) (d declared.Declaration, err error) {
	filed, err := dags.ReadFiled(f, nameOrFile)
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(filed.Config, &d); err != nil {
		return d, fmt.Errorf("read the task %s: %w", nameOrFile, err)
	}
	_, faults := declared.Check(f.Key, d)
	return d, filed.Faults(faults)
}

// linesOf says in words what a declaration has.
func linesOf(d declared.Declaration) []line {
	lines := []line{{"", d.Doc}, {"cohort", d.Cohort}}
	for _, x := range d.Exclude {
		lines = append(lines, line{"without " + x.Reason, x.When})
	}
	names := "those that label.task_set lists"
	if t, _ := declared.Check("", d); !t.Open() {
		names = strings.Join(t.Task().Labels, ", ")
	}
	return append(lines, line{"asked at", d.Index.String()}, line{"texts", d.Texts.String()}, line{"label", d.Label.Is}, line{"names", names}, line{"source", d.Source})
}

// line is one thing that is said of a task.
type line struct{ what, text string }

// described is a task as it is shown.
type described struct {
	name, kind, made string
	lines            []line
}

func (d described) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s\n", d.name, d.kind, d.made)
	for _, l := range d.lines {
		switch {
		case l.text == "":
		case l.what == "":
			fmt.Fprintln(&b, stages.Wrap(l.text, "  "))
		default:
			fmt.Fprintln(&b, stages.Wrap(l.what+": "+l.text, "  "))
		}
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// taskArgument completes a task, or a file.
func taskArgument(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return taskNames(stages.Default), cobra.ShellCompDirectiveDefault
}
