package tokenize

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// What is in a step's fingerprint of a tokenizer's folder, often a whole model's,
// is what the stage reads there.
func TestTheFoldersOtherFilesAreNotRead(t *testing.T) {
	folder := modelFolder(t, modelFile(t))
	for _, name := range []string{"model.safetensors", "README.md", "config.json"} {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte("nothing"), 0o600))
	}
	in := stages.Inputs{"notes": {notesOf(t, 1, someNotes(1))}}
	digest := func() string {
		return stagetest.Run(t, "tokenize.notes", `{tokenizer: "`+folder+`"}`, in).Manifest.Digest()
	}
	whole := digest()
	if _, unread := stagetest.OnlyRead(t, "tokenize.notes", "tokenizer", folder); len(unread) < 2 {
		t.Errorf("of the model's files only %q are not read", unread)
	}
	if bare := digest(); bare != whole {
		t.Error("the tokens are others without the files that are not read")
	}
}
