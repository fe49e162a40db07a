package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The JSON files of model and adapter folders are read as if a byte order
// mark in front of them were not there.
func TestMarkedJSON(t *testing.T) {
	const ids = "[1, 5, 9, 3]\n"
	for name, c := range map[string]struct {
		folders []string // below the models' testdata, by the flag before them
		args    []string
		stdin   string
	}{
		"adapter":    {[]string{"llama/hf", "llama/lora_lm"}, []string{"logits", "--model", "", "--adapter", ""}, ids},
		"shards":     {[]string{"llama/sharded"}, []string{"logits", "--model", ""}, ids},
		"generation": {[]string{"stories260K"}, []string{"generate", "--steps", "20", "--model", ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			answer := func(mark string) string {
				args, folders := []string{"inspect"}, c.folders
				for _, arg := range c.args {
					if arg == "" {
						arg, folders = marked(t, folders[0], mark), folders[1:]
					}
					args = append(args, arg)
				}
				cmd := command(t, t.TempDir(), args...)
				cmd.Stdin = strings.NewReader(c.stdin)
				r := finish(t, cmd)
				if r.code != 0 {
					t.Fatalf("exit code %d: %s", r.code, r.stderr)
				}
				return r.stdout
			}
			if plain := answer(""); plain == "" || plain != answer("\uFEFF") {
				t.Error("a byte order mark changes the answer")
			}
		})
	}
}

// marked copies a model's folder with a mark in front of its JSON files, and gives it
// those that it may lack.
func marked(t *testing.T, folder, mark string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("../../stages/train/model/testdata", folder))); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "generation_config.json"), `{"bos_token_id": 1}`)
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		write(t, file, mark+read(t, file))
	}
	return dir
}
