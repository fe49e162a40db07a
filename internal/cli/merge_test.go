package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const tinyModels = "../../stages/train/model/testdata/llama"

func TestMerge(t *testing.T) {
	models, err := filepath.Abs(tinyModels)
	if err != nil {
		t.Fatal(err)
	}
	base, adapter := filepath.Join(models, "hf"), filepath.Join(models, "lora_lm")
	dir := t.TempDir()
	clinflow(t, dir, 0, "merge", "--model", base, "--adapter", adapter, "--out", "merged")
	info, err := os.Stat(filepath.Join(dir, "merged", "model.safetensors"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--model", base, "--out", "none"}, "--adapter: is missing"},
		{[]string{"--model", base, "--adapter", adapter, "--out", "merged"}, "merged"}, // is not empty
		{[]string{"--model", base, "--adapter", base, "--out", "whole"}, "change no weight"},
		{[]string{"--model", adapter, "--adapter", adapter, "--out", "swapped"}, "it is an adapter"},
	} {
		r := clinflow(t, dir, 2, append([]string{"merge"}, test.args...)...)
		if !strings.Contains(r.stderr, test.want) {
			t.Errorf("%v: %s", test.args, r.all())
		}
		if _, err := os.Stat(filepath.Join(dir, test.args[len(test.args)-1], "config.json")); err == nil && test.want != "merged" {
			t.Errorf("%v: something is left", test.args)
		}
	}
}
