package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
)

// catOptions are the flags of cat.
type catOptions struct {
	table    string
	part     int
	limit    int
	showText bool
}

func newCat() *cobra.Command {
	var o catOptions
	cmd := &cobra.Command{
		Use:               "cat DATASET",
		Short:             "Print the rows of a dataset as JSON lines, text withheld",
		Args:              asUsed,
		ValidArgsFunction: datasetArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := dataset.Open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return o.print(cmd.Context(), d, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&o.table, "table", "", "table to print; the only one by default")
	complete(cmd, "table", dataset.Tables()...)
	cmd.Flags().IntVar(&o.part, "part", -1, "part to print; all by default")
	cmd.Flags().IntVar(&o.limit, "limit", 10, "rows to print, 0 for all")
	cmd.Flags().BoolVar(&o.showText, "show-text", false, "print note text and token ids too: confidential")
	return cmd
}

func (o catOptions) print(ctx context.Context, d *dataset.Dataset, w io.Writer) error {
	table, err := o.chooseTable(d)
	if err != nil {
		return err
	}
	if o.part >= d.Parts() {
		return exit.Errorf(exit.Usage, "--part %d: the dataset has parts 0 to %d", o.part, d.Parts()-1)
	}
	printed := 0
	for part := range d.Parts() {
		if o.part >= 0 && part != o.part {
			continue
		}
		names, err := dataset.ColumnNames(ctx, d, table, part)
		if err != nil {
			return err
		}
		err = dataset.Each(ctx, d, table, part, func(row any) error {
			if printed++; o.limit > 0 && printed > o.limit {
				return errEnough
			}
			line, err := dataset.RowJSON(row, names, o.showText)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(w, "%s\n", line)
			return err
		})
		if err == errEnough {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var errEnough = fmt.Errorf("the limit is reached")

func (o catOptions) chooseTable(d *dataset.Dataset) (string, error) {
	tables := slices.Sorted(maps.Keys(d.Manifest.Tables))
	if len(tables) == 0 {
		return "", exit.Errorf(exit.Usage, "%s holds files, not tables; read them as they are", d.URI())
	}
	table := o.table
	if table == "" && len(tables) == 1 {
		table = tables[0]
	}
	if !slices.Contains(tables, table) {
		return "", exit.Errorf(exit.Usage, "--table: choose one of %s", strings.Join(tables, ", "))
	}
	return table, nil
}
