package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// far is a folder that is not of this machine.
type far struct{ Dir }

func (far) LocalPath(string) (string, bool) { return "", false }

func copied(t *testing.T, d Dir, infos ...Info) string {
	t.Helper()
	folder, err := Copies(t.Context(), d, infos)
	must(t, err)
	return folder
}

func TestCopiesAreKeptByTheirBytes(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	near := open(t, t.TempDir())
	write(t, near, "config.json", "{}")
	write(t, near, "sub/weights", "1234")
	infos := []Info{{Name: "config.json", Size: 2, Digest: "sha256:a"}, {Name: "sub/weights", Size: 4, Digest: "sha256:b"}}
	if got := copied(t, near, infos...); got != near.URI() {
		t.Errorf("a folder of this machine was copied to %s", got)
	}
	folder := copied(t, far{near}, infos...)
	for name, want := range map[string]string{"config.json": "{}", "sub/weights": "1234"} {
		if got := read(t, open(t, folder), name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if filepath.Base(folder) != filepath.Base(near.URI()) {
		t.Errorf("the copy of %s is called %s", near.URI(), folder)
	}
	for _, path := range []string{folder, filepath.Dir(folder), filepath.Dir(filepath.Dir(folder))} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	must(t, near.RemoveAll(t.Context(), "sub"))
	if again := copied(t, far{near}, infos...); again != folder {
		t.Errorf("the same bytes were copied to %s and %s", folder, again)
	}
	write(t, near, "sub/weights", "12345")
	infos[1].Size, infos[1].Digest = 5, "sha256:c"
	if other := copied(t, far{near}, infos...); other == folder {
		t.Error("other bytes have the same copy")
	}
	infos[1].Size, infos[1].Digest = 6, "sha256:d"
	if _, err := Copies(t.Context(), far{near}, infos); err == nil {
		t.Error("a file of another length was copied")
	}
}

func TestCopiesAreBounded(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	before := copiesBytes
	copiesBytes = 250
	defer func() { copiesBytes = before }()
	near := open(t, t.TempDir())
	write(t, near, "file", string(make([]byte, 100)))
	var folders []string
	for _, digest := range []string{"a", "b", "a", "c"} {
		folder := copied(t, far{near}, Info{Name: "file", Size: 100, Digest: digest})
		folders = append(folders, folder)
		stamp := time.Now().Add(time.Duration(len(folders)-100) * time.Minute) // in their order
		must(t, os.Chtimes(filepath.Dir(folder), stamp, stamp))
	}
	for i, there := range []bool{true, false, true, true} { // b was not used for longest
		if _, err := os.Stat(folders[i]); (err == nil) != there {
			t.Errorf("copy %d: %v", i, err)
		}
	}
	copiesBytes = 10 // less than one: it is used all the same
	last := copied(t, far{near}, Info{Name: "file", Size: 100, Digest: "d"})
	if left, err := os.ReadDir(filepath.Dir(filepath.Dir(last))); err != nil || len(left) != 1 || left[0].Name() != filepath.Base(filepath.Dir(last)) {
		t.Errorf("%v, %v", left, err)
	}
}
