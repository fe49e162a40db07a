//go:build slow

package cuda

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
)

// TestSlowNVRTC compiles every kernel with NVIDIA's own compiler, which needs no GPU:
// the Python wheel nvidia-cuda-nvrtc has it, where CUDA is not installed.
func TestSlowNVRTC(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if _, err := driver.OpenCompiler(driver.Newest); err != nil {
		t.Skipf("NVRTC is not at hand; the gate installs its wheel and lets nothing be skipped: %v", err)
	}
	for _, architecture := range []string{"sm_80", "sm_90", "sm_100"} {
		for float := range tolerances {
			cubins, err := compiled(driver.Newest, architecture, float)
			if err != nil {
				t.Error(err)
			}
			size := 0
			for _, c := range cubins {
				size += len(c.cubin)
				if !bytes.Contains(c.cubin, []byte(".debug_line")) {
					t.Errorf("%s has no line numbers", c.name)
				}
			}
			t.Logf("%s, %v: %d sources, %d bytes", architecture, float, len(cubins), size)
		}
	}
}

// TestSlowCubinsAreKept compiles once, and again where what was kept is damaged or
// something that decides the kernels is another.
func TestSlowCubinsAreKept(t *testing.T) {
	device := emulated.Build(t)
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	all := func(architecture string) []cubin {
		t.Helper()
		cubins, err := compiled(driver.Newest, architecture, kernel.F32)
		if err != nil {
			t.Fatal(err)
		}
		return cubins
	}
	first := all("sm_90")
	compilations := device.Calls("nvrtcCompileProgram")
	if compilations != len(first) {
		t.Errorf("%d compilations of %d sources", compilations, len(first))
	}
	again := all("sm_90")
	if n := device.Calls("nvrtcCompileProgram"); n != compilations || !bytes.Equal(again[0].cubin, first[0].cubin) {
		t.Errorf("what was kept was not taken: %d compilations", n)
	}
	files, err := filepath.Glob(filepath.Join(cache, "clinflow/cuda/*.cubin"))
	if err != nil || len(files) != len(first) {
		t.Fatalf("%d files kept of %d sources, %v", len(files), len(first), err)
	}
	damage(t, files[0])
	all("sm_90")
	if n := device.Calls("nvrtcCompileProgram"); n != compilations+1 {
		t.Errorf("a damaged file led to %d compilations, want 1", n-compilations)
	}
	all("sm_80")
	if n := device.Calls("nvrtcCompileProgram"); n != 2*compilations+1 {
		t.Errorf("another architecture led to %d compilations, want %d", n-compilations-1, compilations)
	}
}

func damage(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
