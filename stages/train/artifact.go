package train

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
)

// workSuffix names the folder of training checkpoints beside an output. It is
// removed when the output is written.
const workSuffix = ".work"

// identity says what is trained: training checkpoints of other data, another
// configuration or another kernel are not gone on from.
func identity(stage string, config any, in stages.Inputs, kernel string) (string, error) {
	inputs := map[string][]string{}
	for port, datasets := range in {
		for _, d := range datasets {
			inputs[port] = append(inputs[port], d.Manifest.Digest())
		}
	}
	text, err := json.Marshal([]any{stage, config, inputs, kernel})
	if err != nil {
		return "", fmt.Errorf("identity of the training run: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// writeFiles writes an artifact's files under a folder of the output, "" for
// its root.
func writeFiles(out *shard.Writer, folder string, files []checkpoint.File) error {
	for _, file := range files {
		if err := writeArtifact(out, folder+file.Name, file.Write); err != nil {
			return err
		}
	}
	return nil
}

func writeArtifact(out *shard.Writer, name string, write func(io.Writer) error) error {
	f, err := out.File(name)
	if err != nil {
		return err
	}
	defer f.Abort()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.Commit()
}

// copyFiles copies the files of an artifact into the output, but its manifest.
func copyFiles(ctx context.Context, from *shard.Dataset, out *shard.Writer) error {
	for _, file := range from.Manifest.Files {
		if err := copyFile(ctx, from, file.Name, out, file.Name); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(ctx context.Context, from *shard.Dataset, name string, out *shard.Writer, as string) error {
	r, err := from.OpenFile(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	return writeArtifact(out, as, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// hasFile says whether an artifact lists the file.
func hasFile(d *shard.Dataset, name string) bool {
	return slices.ContainsFunc(d.Manifest.Files, func(f shard.FileInfo) bool { return f.Name == name })
}

// folder is the local folder that holds a file of an artifact.
func folder(d *shard.Dataset, name string) (string, error) {
	path, err := d.LocalPath(name)
	return filepath.Dir(path), err
}
