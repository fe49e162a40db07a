package outdir

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

// ignoreFiles are the ignore files of a repository by folder, and what git's
// manual says of the folders below.
var ignoreFiles = map[string]string{
	"":           "# comment\n/out/\nbuild-*\n!build-keep\n*.runs/\na/**/deep\nb/*/x\nspace \nq?z\n[m-n]x\n\\!odd\n",
	"inner":      "/here\nanywhere\n",
	"inner/more": "!anywhere\n",
}

var ignoreCases = map[string]bool{
	"out":                      true,
	"out/below":                true,
	"sub/out":                  false,
	"build-1":                  true,
	"sub/build-2/x":            true,
	"build-keep":               false,
	"x.runs":                   true,
	"x.runsy":                  false,
	"a/deep":                   true,
	"a/1/2/deep":               true,
	"c/a/deep":                 false,
	"b/1/x":                    true,
	"b/1/2/x":                  false,
	"space":                    true,
	"qxz":                      true,
	"qxyz":                     false,
	"mx":                       true,
	"ox":                       false,
	"!odd":                     true,
	"inner/here":               true,
	"inner/sub/here":           false,
	"inner/sub/anywhere":       true,
	"inner/more/anywhere":      false,
	"inner/more/deep/anywhere": false,
	"anywhere":                 false,
	"excluded":                 true,
}

func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{".git/info/exclude": "excluded\n"}
	for folder, text := range ignoreFiles {
		files[filepath.Join(folder, ".gitignore")] = text
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func prepare(out string) (string, error) {
	dir, err := Prepare(out, "runs", "steps", "cache")
	if err != nil {
		return "", err
	}
	return dir.URI(), nil
}

func TestIgnored(t *testing.T) {
	root := repository(t)
	for path, want := range ignoreCases {
		if got := ignored(root, path); got != want {
			t.Errorf("%s: ignored %v, want %v", path, got, want)
		}
	}
}

// Where git is at hand, it is asked the same.
func TestIgnoredAsGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	root := repository(t)
	if text, err := exec.Command(git, "-C", root, "init", "-q").CombinedOutput(); err != nil {
		t.Skipf("git init: %s", text)
	}
	if err := os.WriteFile(filepath.Join(root, ".git/info/exclude"), []byte("excluded\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range ignoreCases {
		cmd := exec.Command(git, "-C", root, "check-ignore", "-q", "--no-index", path+"/")
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if got := cmd.Run() == nil; got != want {
			t.Errorf("%s: git ignores it: %v, the table says %v", path, got, want)
		}
	}
}

// TestAnIgnoreFileThatIsNone: a pipe has no end, and ignores nothing.
func TestAnIgnoreFileThatIsNone(t *testing.T) {
	root := t.TempDir()
	if err := errors.Join(os.Mkdir(root+"/.git", 0o700), syscall.Mkfifo(root+"/.gitignore", 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(root + "/out"); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "does not ignore it") {
		t.Errorf("exit %d, %v", exit.Of(err), err)
	}
}

func TestOutputFolderInARepository(t *testing.T) {
	root := repository(t)
	for name, want := range map[string]exit.Code{"out": exit.OK, "out/run1": exit.OK, "results": exit.Usage, ".": exit.Usage} {
		path, err := prepare(filepath.Join(root, name))
		if exit.Of(err) != want {
			t.Errorf("%s: exit %d, %v; want %d", name, exit.Of(err), err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "must not be committed; ") {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && !strings.HasSuffix(path, name) {
			t.Errorf("%s: prepared %s", name, path)
		}
	}
}

func TestOutputFolderRefusesLinksAndFiles(t *testing.T) {
	elsewhere := t.TempDir()
	out := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(out, "steps")); err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(out); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "is a symbolic link out of the output folder") {
		t.Errorf("a link for steps: %v", err)
	}
	file := filepath.Join(elsewhere, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(file); exit.Of(err) != exit.Usage {
		t.Errorf("a file: exit %d, %v", exit.Of(err), err)
	}
	if _, err := prepare("ftp://host/out"); exit.Of(err) != exit.Usage {
		t.Errorf("a scheme: exit %d, %v", exit.Of(err), err)
	}
}

func TestOutputFolderThroughALink(t *testing.T) {
	root, elsewhere := repository(t), t.TempDir()
	for name, target := range map[string]string{"into": root, "nothing": filepath.Join(root, "none"), "fine": t.TempDir()} {
		if err := os.Symlink(target, filepath.Join(elsewhere, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"into/results": "does not ignore it", "nothing": "symbolic link to nothing", "nothing/x": "symbolic link to nothing",
		"into/out": "", "fine/x": "",
	} {
		_, err := prepare(filepath.Join(elsewhere, name))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want != "" && (exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: exit %d, %v; want %q", name, exit.Of(err), err, want)
		}
	}
}

func TestOutputFolderIsPrivate(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a", "b")
	if _, err := prepare(out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "runs", "steps", "cache"} {
		info, err := os.Stat(filepath.Join(out, name))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%q: %v, %v", name, info.Mode(), err)
		}
	}
}
