package driver

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAMissingLibraryIsNamedWithWhereItWasLookedFor(t *testing.T) {
	folder := t.TempDir()
	t.Setenv(PathVariable, folder)
	_, err := open([]string{"libnowhere.so.9", "libnowhere.so"}, nil, "install nothing")
	if !errors.Is(err, ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	for _, says := range []string{"libnowhere.so.9, libnowhere.so", folder, filepath.Join(folder, "lib64"), "/usr/lib", "install nothing", PathVariable} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q does not say %q", err, says)
		}
	}
}

func TestABrokenLibraryIsNotAMissingOne(t *testing.T) {
	folder := t.TempDir()
	t.Setenv(PathVariable, folder)
	if err := os.WriteFile(filepath.Join(folder, "libnowhere.so"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := open([]string{"libnowhere.so"}, nil, "install nothing")
	if err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), filepath.Join(folder, "libnowhere.so")) {
		t.Errorf("got %v, want the file that cannot be loaded", err)
	}
}

func TestTheFoldersThatAreNamedComeFirst(t *testing.T) {
	named, environment := t.TempDir(), t.TempDir()
	wheel := filepath.Join(environment, "lib/python3.12/site-packages/nvidia/cu13/lib")
	for _, folder := range []string{wheel, filepath.Join(named, "lib64")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "libx.so"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(PathVariable, named)
	t.Setenv("VIRTUAL_ENV", environment)
	got := candidates([]string{"libx.so"})
	want := []candidate{{filepath.Join(named, "lib64/libx.so"), true}, {"libx.so", false}, {filepath.Join(wheel, "libx.so"), false}}
	if !slices.Equal(got, want) {
		t.Errorf("looks at %v, want %v", got, want)
	}
}

func TestTheLibrariesOfAPythonThatIsALink(t *testing.T) {
	environment, bin := t.TempDir(), t.TempDir()
	packages := filepath.Join(environment, "lib/python3.12/site-packages")
	for _, folder := range []string{packages, filepath.Join(environment, "bin")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	python := filepath.Join(environment, "bin/python3")
	err := errors.Join(os.WriteFile(filepath.Join(environment, "bin/python3.12"), nil, 0o700), // beyond the environment, as a rule
		os.Symlink("python3.12", python), os.Symlink(python, filepath.Join(bin, "python3")))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("VIRTUAL_ENV", "")
	if got := sitePackages(); !slices.Contains(got, packages) {
		t.Errorf("looks at %v, not at %s", got, packages)
	}
}

func TestVersionsThatADriverRuns(t *testing.T) {
	for newest, want := range map[int][]string{
		12: {"libx.so.12", "libx.so"},
		13: {"libx.so.13", "libx.so.12", "libx.so"},
		14: {"libx.so.13", "libx.so.12", "libx.so"},
	} {
		if got := versions("libx.so", newest); !slices.Equal(got, want) {
			t.Errorf("CUDA %d: %v, want %v", newest, got, want)
		}
	}
}
