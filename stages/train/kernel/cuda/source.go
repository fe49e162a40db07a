package cuda

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
)

//go:embed source/*.cu source/*.cuh
var files embed.FS

// sources are the files that a backend of the type compiles, in order of their name.
func sources(float kernel.DType) ([]driver.Source, error) {
	entries, err := files.ReadDir("source")
	if err != nil {
		return nil, err
	}
	headers := map[string]string{}
	var list []driver.Source
	for _, e := range entries {
		text, err := files.ReadFile(path.Join("source", e.Name()))
		if err != nil {
			return nil, err
		}
		switch {
		case path.Ext(e.Name()) == ".cuh":
			headers[e.Name()] = string(text)
		case wanted(e.Name(), float):
			list = append(list, driver.Source{Name: e.Name(), Text: string(text), Headers: headers})
		}
	}
	return list, nil
}

// wanted chooses between the kernels that are written twice: tensor cores have no
// float32.
func wanted(name string, float kernel.DType) bool {
	switch name {
	case "attention.cu":
		return float == kernel.BF16
	case "attention_float.cu":
		return float == kernel.F32
	}
	return true
}

// options are the compiler's for an architecture and a type.
func options(architecture string, float kernel.DType) []string {
	real := "float"
	if float == kernel.BF16 {
		real = "bf16"
	}
	// Line numbers are for compute-sanitizer and ncu; the code is the same.
	return []string{"--gpu-architecture=" + architecture, "--std=c++17", "--generate-line-info", "-DREAL=" + real}
}

// key names what is compiled: compiler, options and every byte of the source.
func key(version string, s driver.Source, options []string) string {
	names := make([]string, 0, len(s.Headers))
	for name := range s.Headers {
		names = append(names, name)
	}
	slices.Sort(names)
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%s\n%s\n%s\n", version, strings.Join(options, " "), s.Name, s.Text)
	for _, name := range names {
		fmt.Fprintf(sum, "%s\n%s\n", name, s.Headers[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}
