package cuda

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

// load compiles the kernels, or finds them compiled, and loads them.
func (d *device) load() error {
	cubins, err := compiled(d.newest, d.gpu.Architecture, d.float)
	if err != nil {
		return err
	}
	for _, c := range cubins {
		module, err := d.context.Load(c.cubin)
		if err != nil {
			return fmt.Errorf("load the kernels of %s: %w", c.name, err)
		}
		d.modules = append(d.modules, module)
	}
	return nil
}

// function finds a kernel in the modules the first time it is launched.
func (d *device) function(name string, shared int) (driver.Function, error) {
	if f, ok := d.functions[name]; ok {
		return f, nil
	}
	for _, m := range d.modules {
		f, err := m.Function(name, shared)
		var failed *driver.Error
		if errors.As(err, &failed) && failed.NotFound() {
			continue
		}
		if err == nil {
			d.functions[name] = f
		}
		return f, err
	}
	return 0, errors.New("the sources have no such kernel")
}

// cubin is a compiled source.
type cubin struct {
	name  string
	cubin []byte
}

// compiled are all sources for an architecture and a driver of CUDA newest, compiled side
// by side.
func compiled(newest int, architecture string, float kernel.DType) ([]cubin, error) {
	list, err := sources(float)
	if err != nil {
		return nil, err
	}
	c, err := driver.OpenCompiler(newest) // also where all is kept: its version is part of a name
	if err != nil {
		return nil, err
	}
	version, err := c.Version()
	if err != nil {
		return nil, err
	}
	out := make([]cubin, len(list))
	var group errgroup.Group
	for i, s := range list {
		group.Go(func() error {
			made, err := compile(c, version, s, options(architecture, float))
			out[i] = cubin{s.Name, made}
			return err
		})
	}
	return out, group.Wait()
}

func compile(c *driver.Compiler, version string, s driver.Source, options []string) ([]byte, error) {
	name := key(version, s, options) + ".cubin"
	if kept := recall(name); kept != nil {
		return kept, nil
	}
	made, err := c.Compile(s, options...)
	if err == nil {
		keep(name, made)
	}
	return made, err
}

// cacheFolder holds compiled kernels: the user's cache folder.
func cacheFolder() (string, error) {
	base, err := os.UserCacheDir()
	return filepath.Join(base, "clinflow", "cuda"), err
}

// recall returns what keep wrote, nil where there is nothing whole. A file begins with
// the sha256 of the rest.
func recall(name string) []byte {
	folder, err := cacheFolder()
	if err != nil {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil || len(data) < sha256.Size {
		return nil
	}
	sum, cubin := data[:sha256.Size], data[sha256.Size:]
	if found := sha256.Sum256(cubin); string(found[:]) != string(sum) {
		return nil
	}
	return cubin
}

// keep writes a cubin under its name once it is whole. Where that cannot be done the
// next process compiles again.
func keep(name string, cubin []byte) {
	folder, err := cacheFolder()
	if err != nil || os.MkdirAll(folder, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(folder, name+".*")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	sum := sha256.Sum256(cubin)
	_, err = f.Write(append(sum[:], cubin...))
	if f.Close() == nil && err == nil {
		_ = os.Rename(f.Name(), filepath.Join(folder, name)) // another process may have kept it first
	}
}
