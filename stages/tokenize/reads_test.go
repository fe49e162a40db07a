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
	for _, name := range []string{"model.safetensors", "README.md", "generation_config.json", "config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"} {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte("{}"), 0o600))
	}
	in := stages.Inputs{"notes": {notesOf(t, 1, someNotes(1))}}
	digest := func() string {
		return stagetest.Run(t, "tokenize.notes", `{tokenizer: "`+folder+`"}`, in).Manifest.Digest()
	}
	whole := digest()
	if read, unread := stagetest.OnlyRead(t, "tokenize.notes", "tokenizer", folder); len(read) != 5 || len(unread) != 3 {
		t.Errorf("%q are read, %q are not", read, unread)
	}
	if bare := digest(); bare != whole {
		t.Error("the tokens are others without the files that are not read")
	}
}
