package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
)

// writeJSON writes an artifact file; encoding/json orders the keys of maps.
func writeJSON(out *shard.Writer, name string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return writeFile(out, name, append(data, '\n'))
}

func writeFile(out *shard.Writer, name string, data []byte) error {
	file, err := out.File(name)
	if err != nil {
		return err
	}
	defer file.Abort()
	if _, err := file.Write(data); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return file.Commit()
}

// readJSON reads a file of a dataset.
func readJSON(ctx context.Context, d *shard.Dataset, name string, into any) error {
	file, err := d.OpenFile(ctx, name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := json.NewDecoder(file).Decode(into); err != nil {
		return exit.Errorf(exit.BadData, "%s: %s is not the JSON of this version; make it again", d.URI(), name)
	}
	return nil
}

// hasFile says whether an artifact lists the file.
func hasFile(d *shard.Dataset, name string) bool {
	return slices.ContainsFunc(d.Manifest.Files, func(f shard.FileInfo) bool { return f.Name == name })
}
