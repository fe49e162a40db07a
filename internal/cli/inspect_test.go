package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestInspectors(t *testing.T) {
	stories, err := filepath.Abs("../../stages/train/model/testdata/stories260K")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, stdin, want string
		args              []string
	}{
		{"auroc with a tie", "label,score\n0,0.5\n1,0.5\n0,0.1\n1,0.9\n", "0.875\n", []string{"auroc"}},
		{"auroc after a byte order mark", "\uFEFF0,0.5\n1,0.5\n", "0.5\n", []string{"auroc"}},
		{"generate", "", read(t, stories, "greedy200.txt"), []string{"generate", "--model", stories, "--steps", "200"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := command(t, t.TempDir(), append([]string{"inspect"}, tt.args...)...)
			cmd.Stdin = strings.NewReader(tt.stdin)
			if r := finish(t, cmd); r.code != 0 || r.stdout != tt.want {
				t.Errorf("exit code %d, printed %q, want %q (%s)", r.code, r.stdout, tt.want, r.stderr)
			}
		})
	}
}

// The arrays of encode go straight into logits, which answers one row an id.
func TestEncodeFeedsLogits(t *testing.T) {
	stories, err := filepath.Abs("../../stages/train/model/testdata/stories260K")
	if err != nil {
		t.Fatal(err)
	}
	encode := command(t, t.TempDir(), "inspect", "encode", "--tokenizer", stories)
	encode.Stdin = strings.NewReader("\"Once upon a time\"\n\"\\u0000 é\"\n")
	ids := finish(t, encode)
	logits := command(t, t.TempDir(), "inspect", "logits", "--model", stories)
	logits.Stdin = strings.NewReader(ids.stdout)
	r := finish(t, logits)
	rows, answers := strings.Split(strings.TrimSpace(ids.stdout), "\n"), strings.Split(strings.TrimSpace(r.stdout), "\n")
	if r.code != 0 || len(rows) != 2 || len(answers) != 2 {
		t.Fatalf("exit code %d, %d arrays of ids, %d of logits: %s", r.code, len(rows), len(answers), r.stderr)
	}
	for i := range rows {
		if got, want := strings.Count(answers[i], "["), strings.Count(rows[i], ",")+2; got != want {
			t.Errorf("line %d: %d brackets in the logits, want %d", i+1, got, want)
		}
	}
}
