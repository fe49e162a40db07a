package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/schedule"
)

// lookAt reads how things stand in the output folder.
func lookAt(cmd *cobra.Command, f *dagFlags) (store.Dir, schedule.Overview, error) {
	out, err := store.Open(f.out)
	if err != nil {
		return nil, schedule.Overview{}, err
	}
	o, err := schedule.Look(cmd.Context(), out, time.Now())
	return out, o, err
}

func scheduleList(f *dagFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "The DAGs that are scheduled, when each is due, and how its runs went", Args: asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, o, err := lookAt(cmd, f)
			if err != nil {
				return err
			}
			if !asJSON {
				return o.Write(cmd.OutOrStdout())
			}
			encoder := json.NewEncoder(cmd.OutOrStdout())
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			return encoder.Encode(o)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as one JSON object, for programs")
	return cmd
}

func (s *settings) scheduleNext(f *dagFlags) *cobra.Command {
	var count int
	cmd := &cobra.Command{
		Use: "next [DAG…]", Short: "When DAGs are due next: those that are scheduled, or DAG files", Args: asUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			definitions, err := s.upcoming(cmd, f, args)
			if err == nil && len(definitions) == 0 {
				err = exit.Errorf(exit.Usage, "no DAG is scheduled in %s; name DAG files, or the output folder of a scheduler by --out", f.out)
			}
			for i := 0; err == nil && i < len(definitions); i++ {
				err = definitions[i].Upcoming(cmd.OutOrStdout(), time.Now(), count)
			}
			return err
		},
	}
	cmd.Flags().IntVar(&count, "count", 5, "how many times of each")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "set a var of the DAG files, name=value; may be repeated")
	return cmd
}

// upcoming are the definitions of DAG files, or of scheduled DAGs by their names.
func (s *settings) upcoming(cmd *cobra.Command, f *dagFlags, args []string) (definitions []schedule.Definition, err error) {
	if len(args) > 0 && isFile(args[0]) {
		set, err := dags.ParseSet(f.set)
		if err != nil {
			return nil, err
		}
		read, err := schedule.Read(cmd.Context(), s.env, args, set)
		return read.Definitions, errors.Join(err, read.Err())
	}
	_, o, err := lookAt(cmd, f)
	if err != nil {
		return nil, err
	}
	chosen, err := o.Choose(args...)
	for _, status := range chosen {
		definitions = append(definitions, status.Definition)
	}
	return definitions, err
}

// isFile says whether a word is a DAG file's or a folder's, here or mistyped, rather than
// the name of a DAG.
func isFile(word string) bool {
	_, err := os.Stat(word)
	return err == nil || slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(word))
}

func scheduleCheck(f *dagFlags) *cobra.Command {
	return &cobra.Command{
		Use: "check [DAG…]", Args: asUsed,
		Short: "Exit with 1 where no scheduler is at work, a DAG file has faults, or a DAG has had no good run within its freshness",
		RunE: func(cmd *cobra.Command, args []string) error {
			_, o, err := lookAt(cmd, f)
			if err == nil {
				err = o.Check(args...)
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "all is well%s\n", o.Scheduler.Told())
			}
			return err
		},
	}
}
