package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestSealedFilesTellDamage(t *testing.T) {
	dir, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSealed(t.Context(), dir, "state"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	path := filepath.Join(dir.URI(), "state")
	for _, text := range []string{"", "one line", "{\n \"step\": 12\n}\n"} {
		if err := WriteSealed(t.Context(), dir, "state", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadSealed(t.Context(), dir, "state"); string(got) != text || err != nil {
			t.Errorf("%q was read as %q, %v", text, got, err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			for name, damaged := range map[string][]byte{
				"flipped": append(append(append([]byte{}, whole[:at]...), whole[at]^1), whole[at+1:]...),
				"cut":     whole[:at],
			} {
				if err := os.WriteFile(path, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				if _, err := ReadSealed(t.Context(), dir, "state"); !errors.Is(err, ErrDamaged) {
					t.Errorf("%q %s at byte %d: %v", text, name, at, err)
				}
			}
		}
	}
}
