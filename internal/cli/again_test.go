package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var toGoOn = regexp.MustCompile(`(?m)^to go on from here: (.*)$`)

// wayOn is what a run that ended early says to type.
func wayOn(t testing.TB, r result) string {
	t.Helper()
	found := toGoOn.FindAllStringSubmatch(r.stderr, -1)
	if len(found) != 1 {
		t.Fatalf("%d ways to go on in:\n%s", len(found), withheld(r.stderr))
	}
	return found[0][1]
}

// typeIn gives a line to a shell that finds clinflow on its path.
func typeIn(t testing.TB, dir, line string) result {
	t.Helper()
	bin := t.TempDir()
	if err := os.Symlink(os.Args[0], filepath.Join(bin, "clinflow")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CLINFLOW_TEST_AS_COMMAND=1", "PATH="+bin)
	return finish(t, cmd)
}

func TestTheWayOnCanBeTyped(t *testing.T) {
	dir := t.TempDir()
	name := "it's panicky $HOME.yaml"
	write(t, filepath.Join(dir, name), panickyDAG)
	first := clinflow(t, dir, 1, "--workers", "2", "run", name, "--out", "my out")
	second := typeIn(t, dir, wayOn(t, first))
	if second.code != 1 || wayOn(t, second) != wayOn(t, first) {
		t.Errorf("typed, it ended with %d:\n%s", second.code, withheld(second.all()))
	}
	if n := strings.Count(second.stderr, "its output is there"); n != 2 {
		t.Errorf("%d steps were there already, want 2:\n%s", n, withheld(second.stderr))
	}
	other := command(t, dir, "run", name, "--out", "my out")
	other.Args[0] = "/opt/hospital" // a program with stages of its own
	if way := wayOn(t, finish(t, other)); !strings.HasPrefix(way, "hospital run ") {
		t.Errorf("another program says to go on by %q", way)
	}
}

// TestTheWayOnTellsNoSecret: what a failed run says to type stays in logs.
func TestTheWayOnTellsNoSecret(t *testing.T) {
	for name, c := range map[string]struct {
		words []string
		want  string
	}{
		"nothing secret":                     {[]string{"study.yaml", "--out", "out", "--set", "root=/mimic", "--traces=http://localhost:4318"}, "study.yaml --out out --set root=/mimic --traces=http://localhost:4318"},
		"whom a failure is told to":          {[]string{"study.yaml", "--on-failure-url", "https://hooks/S3", "--on-failure", "tell S3"}, "study.yaml --on-failure-url '…' --on-failure '…'"},
		"the same in one word":               {[]string{"--on-failure-url=https://hooks/S3", "--on-failure=tell S3", "study.yaml"}, "'--on-failure-url=…' '--on-failure=…' study.yaml"},
		"a var of a confidential name":       {[]string{"study.yaml", "--set", "api_key=S3", "--set=db_password=S3=S3"}, "study.yaml --set 'api_key=…' '--set=db_password=…'"},
		"an address with a password":         {[]string{"study.yaml", "--set", "from=https://me:S3@host/x", "--traces", "http://me:S3@host"}, "study.yaml --set 'from=…' --traces '…'"},
		"a confidential option of an engine": {[]string{"study.yaml", "--access_token", "S3", "--secret=S3"}, "study.yaml --access_token '…' '--secret=…'"},
	} {
		if got := again(append([]string{"/bin/clinflow", "run"}, c.words...)); got != "clinflow run "+c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "panicky.yaml"), panickyDAG)
	for _, format := range []string{"console", "json"} {
		failed := clinflow(t, dir, 1, "run", "panicky.yaml", "--log-format", format, "--out", "out", "--on-failure-url", "http://127.0.0.1:1/S3CRET", "--on-failure", "exit 1 # S3CRET")
		if told := failed.all() + journals(t, dir); strings.Contains(told, "S3CRET") || !strings.Contains(told, "to go on from here: clinflow run panicky.yaml") {
			t.Errorf("%s: said:\n%s", format, withheld(told))
		}
	}
}

// journals is what is in the journals of the runs below a folder.
func journals(t testing.TB, dir string) (all string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "out", "runs", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no journal (%v)", err)
	}
	for _, file := range files {
		all += read(t, filepath.Dir(file), filepath.Base(file))
	}
	return all
}
