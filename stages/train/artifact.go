package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
)

// workSuffix names the folder of training checkpoints beside an output. It is
// removed when the output is complete.
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
func writeFiles(out *dataset.Writer, folder string, files []checkpoint.File) error {
	for _, file := range files {
		if err := out.StreamFile(folder+file.Name, file.Write); err != nil {
			return err
		}
	}
	return nil
}

// folder is the local folder that holds a file of an artifact.
func folder(ctx context.Context, d *dataset.Dataset, name string) (string, error) {
	path, err := d.LocalPath(ctx, name)
	return filepath.Dir(path), err
}
