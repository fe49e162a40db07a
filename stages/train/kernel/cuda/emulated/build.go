package emulated

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// sources are those of the library, and the headers that the library compiles
// kernels with.
//
//go:embed library include
var sources embed.FS

// names are those that the real libraries have. They are one file here.
var names = []string{"libcuda.so.1", "libnvrtc.so.12", "libcublasLt.so.12"}

// build compiles the library into a new folder. It stays until the system
// clears its temporary files, or Remove does.
func build() (folder string, err error) {
	folder, err = os.MkdirTemp("", "emulated")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	if err := os.CopyFS(folder, sources); err != nil {
		return "", err
	}
	if err := compile(folder); err != nil {
		return "", err
	}
	for _, name := range names[1:] {
		if err := os.Symlink(names[0], filepath.Join(folder, name)); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// compile hands g++ all sources as one, which takes it a fraction of the time.
func compile(folder string) error {
	parts, err := fs.Glob(sources, "library/*.cpp")
	if err != nil {
		return err
	}
	var all bytes.Buffer
	for _, p := range parts {
		fmt.Fprintf(&all, "#include %q\n", path.Base(p))
	}
	// A sum's order is the source's on every processor: no contraction.
	c := exec.Command("g++", strings.Fields("-std=c++17 -O3 -march=native -ffp-contract=off -U_FORTIFY_SOURCE -fvisibility=hidden -shared -fPIC -x c++ - -ldl -o "+names[0])...)
	c.Args = append(c.Args, "-I", filepath.Join(folder, "library"))
	c.Dir, c.Stdin = folder, &all
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("g++: %w\n%s", err, said)
	}
	return nil
}
