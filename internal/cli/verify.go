package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

func newVerify() *cobra.Command {
	return &cobra.Command{
		Use:               "verify DATASET|FOLDER",
		Short:             "Check every byte of a dataset, or of all datasets below a folder, against its manifest",
		Args:              asUsed,
		ValidArgsFunction: datasetArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			folders, err := datasetsBelow(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var faults []error
			for _, folder := range folders {
				kind, err := verifyOne(cmd.Context(), folder)
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: whole, %s\n", folder, kind)
				}
				faults = append(faults, err)
			}
			return errors.Join(faults...)
		},
	}
}

// verifyOne checks a dataset and returns its kind.
func verifyOne(ctx context.Context, folder string) (string, error) {
	d, err := dataset.Open(ctx, folder)
	if err != nil {
		return "", err
	}
	return d.Manifest.Kind, d.Verify(ctx)
}

// datasetsBelow lists the folders with a manifest at or below root.
func datasetsBelow(ctx context.Context, root string) ([]string, error) {
	dir, err := store.Open(root)
	if err != nil {
		return nil, err
	}
	if _, err := dir.Stat(ctx, ""); errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Errorf(exit.Usage, "%s is not there; name a step's folder or the folder of a run", root)
	}
	files, err := dir.List(ctx, "")
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "look for datasets: %w", err)
	}
	var folders []string
	for _, file := range files {
		if folder, name := path.Split("/" + file.Name); name == dataset.ManifestName {
			folders = append(folders, strings.TrimSuffix(strings.TrimSuffix(root, "/")+folder, "/"))
		}
	}
	if len(folders) == 0 {
		return nil, exit.Errorf(exit.Usage, "%s: no dataset here (no %s); name a step's folder or the folder of a run", root, dataset.ManifestName)
	}
	return folders, nil
}
