package outdir

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// another is a folder's description that says it belongs to another user.
type another struct{ fs.FileInfo }

func (another) Sys() any { return &syscall.Stat_t{Uid: uint32(os.Geteuid()) + 1} }

// TestOutputFolderOfOthers: only what others may not write to is taken, and a
// group's folder where the user says so.
func TestOutputFolderOfOthers(t *testing.T) {
	t.Cleanup(func() { store.ShareWithGroup(false) })
	for name, c := range map[string]struct {
		mode         fs.FileMode
		foreign      bool
		alone, group string
	}{
		"private":            {0o700, false, "", ""},
		"readable":           {0o755, false, "", ""},
		"of another":         {0o700, true, "belongs to another user", ""},
		"group may write":    {0o770, false, "may be written to by its group", ""},
		"a group's":          {0o770, true, "belongs to another user", ""},
		"everybody's":        {0o777, false, "may be written to by everybody", "may be written to by everybody"},
		"everybody's sticky": {0o777 | fs.ModeSticky, false, "may be written to by everybody", "may be written to by everybody"},
	} {
		folder := filepath.Join(t.TempDir(), "out")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(folder, c.mode); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(folder)
		if err != nil {
			t.Fatal(err)
		}
		if c.foreign {
			info = another{info}
		}
		for group, want := range map[bool]string{false: c.alone, true: c.group} {
			store.ShareWithGroup(group)
			err := ours(folder, info)
			if want == "" && err != nil || want != "" && (exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s, --group %v: %v, want %q", name, group, err, want)
			}
		}
	}
}

// A folder inside the output folder is looked at too.
func TestOutputSubfolderOfOthers(t *testing.T) {
	out := t.TempDir()
	steps := filepath.Join(out, "steps")
	if err := os.Mkdir(steps, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(steps, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(out); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), steps) {
		t.Errorf("%v", err)
	}
}
