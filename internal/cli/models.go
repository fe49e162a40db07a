package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/stages/promotion"
	"github.com/clinflow/clinflow/stages/train/leakage"
)

// modelsFlags are those of the commands of a registry.
type modelsFlags struct{ registry, why string }

func newModels(s *settings) *cobra.Command {
	var f modelsFlags
	cmd := &cobra.Command{Use: "models", Short: "List, show, promote and roll back the adapters of a registry", Args: noSuchCommand, RunE: help}
	cmd.PersistentFlags().StringVar(&f.registry, "registry", "clinflow-models", "folder of the models, here or in a bucket")
	cmd.AddCommand(f.list(), f.show(), f.promote(s), f.rollback())
	return cmd
}

func (f *modelsFlags) list() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "The models and their current versions", Args: asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			names, err := registry.Models(cmd.Context(), f.registry)
			if err == nil && len(names) == 0 {
				err = exit.Errorf(exit.Usage, "%s holds no model; name the folder of a registry by --registry", f.registry)
			}
			if err != nil {
				return err
			}
			all := make([]registry.Told, len(names))
			for i, name := range names {
				m, err := f.model(name)
				if err == nil {
					all[i], err = m.Tell(cmd.Context(), "") // one whose first version is being promoted has no current one
				}
				if err != nil {
					return err
				}
			}
			if asJSON {
				return writeJSON(cmd, all)
			}
			return registry.WriteList(cmd.OutOrStdout(), all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as a JSON list of what show --json tells")
	return cmd
}

func writeJSON(cmd *cobra.Command, value any) error {
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func (f *modelsFlags) show() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show NAME [VERSION]", Short: "The current version of a model, or another, its files and its history", Args: asUsed,
		ValidArgsFunction: f.argument,
		RunE: func(cmd *cobra.Command, args []string) error {
			told, err := f.tell(cmd.Context(), args[0], append(args, "")[1])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd, told)
			}
			return told.Write(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as one JSON object, for programs")
	return cmd
}

const promoteLong = `Make adapters the current version of a model by hand, without a gate.

FOLDER is the output of a step of train.finetune; a model has one for each of its tasks.
Folders of eval.model_card beside them are kept as their cards. What is promoted is
copied, with the sha256 of each file. The history says that it was done by hand, by whom
and why.`

func (f *modelsFlags) promote(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use: "promote NAME FOLDER [FOLDER…] --why TEXT", Short: "Make adapters the current version of a model by hand", Long: promoteLong, Args: asUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := f.model(args[0])
			if err != nil {
				return err
			}
			candidate, err := promotion.OpenCandidate(cmd.Context(), args[1:])
			if err != nil {
				return err
			}
			for name, d := range candidate.Adapters {
				if !d.HasFile(leakage.PatientsName) {
					s.env.Log.Warn().Msgf("%s: the adapter for %s has no record of whom it was trained on (%s); nothing will refuse to test it on them", d.URI(), name, leakage.PatientsName)
				}
			}
			candidate.Why = f.why
			e, err := m.Promote(cmd.Context(), candidate)
			return f.done(cmd, args[0], e, err)
		},
	}
	cmd.Flags().StringVar(&f.why, "why", "", "one line for the history, nothing of a patient")
	return cmd
}

func (f *modelsFlags) rollback() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rollback NAME [VERSION] --why TEXT", Short: "Make the version before the current one, or another, current again", Args: asUsed,
		ValidArgsFunction: f.argument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := f.tell(cmd.Context(), args[0], ""); err != nil {
				return err
			}
			m, err := f.model(args[0])
			if err != nil {
				return err
			}
			e, err := m.Rollback(cmd.Context(), append(args, "")[1], f.why)
			return f.done(cmd, args[0], e, err)
		},
	}
	cmd.Flags().StringVar(&f.why, "why", "", "one line for the history, nothing of a patient")
	return cmd
}

func (f *modelsFlags) done(cmd *cobra.Command, name string, e registry.Entry, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s %s, before it %s\n", name, e.Event, e.Version, cmp.Or(e.Before, "none"))
	return err
}

// model is one of the registry by its name.
func (f *modelsFlags) model(name string) (registry.Model, error) {
	if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) || name == "." {
		return registry.Model{}, exit.Errorf(exit.Usage, "%q is no name of a model; --registry says where it lies", name)
	}
	return registry.Open(strings.TrimSuffix(f.registry, "/") + "/" + name)
}

// tell tells of a model that is there.
func (f *modelsFlags) tell(ctx context.Context, name, version string) (registry.Told, error) {
	m, err := f.model(name)
	if err != nil {
		return registry.Told{}, err
	}
	told, err := m.Tell(ctx, version)
	if err == nil && len(told.History)+len(told.Versions) == 0 {
		names, _ := registry.Models(ctx, f.registry)
		return told, exit.Errorf(exit.Usage, "no model %s in %s; %s", name, f.registry, cmp.Or(suggest.Choice(name, names), "`clinflow models list --registry DIR` lists those of a registry"))
	}
	return told, err
}

// argument completes a model's name, then its versions.
func (f *modelsFlags) argument(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var words []string
	switch len(args) {
	case 0:
		words, _ = registry.Models(cmd.Context(), f.registry)
	case 1:
		if told, err := f.tell(cmd.Context(), args[0], ""); err == nil {
			words = told.Versions
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
