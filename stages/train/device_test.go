package train

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/driver"
	"github.com/clinflow/clinflow/task"
)

func TestDevicesThatCannotBe(t *testing.T) {
	for name, says := range map[string]string{
		"tpu":       `"tpu" is not a device; give auto, cuda, cuda:N, cpu`,
		"autos":     "is not a device",
		"cuda:x":    `"x" is not the number of a GPU; give cuda:0`,
		"cuda:-1":   "is not the number of a GPU",
		"cpu:sse":   `there is no kernel "sse"`,
		"auto:avx2": "is not a device",
	} {
		err := CheckDevice(environment(name, 1))
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "--device") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want exit.Usage saying %q", name, err, says)
		}
	}
}

// brokenDriver makes this a machine whose driver cannot be loaded, whatever it has.
func brokenDriver(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "libcuda.so.1"), []byte("no library"), 0o600))
	t.Setenv(driver.PathVariable, dir)
}

// logged is an environment and what is logged in it.
func logged(device string, workers int) (*stages.Environment, *bytes.Buffer) {
	var out bytes.Buffer
	return environment(device, workers).With(func(s *stages.Settings) { s.Log = zerolog.New(&out) }), &out
}

func TestABrokenDriverIsToldOnceAndTheProcessorUsed(t *testing.T) {
	brokenDriver(t)
	env, out := logged("auto", 1)
	for range 2 {
		if name := (onDevice{env}).Kernel(); !strings.HasPrefix(name, "cpu/") {
			t.Errorf("the kernels are %q, want the processor's", name)
		}
	}
	if lines := strings.Count(out.String(), "\n"); lines != 1 || !strings.Contains(out.String(), "training runs on the processor, as the GPU cannot be used: NVIDIA's driver: libcuda.so.1 cannot be loaded") {
		t.Errorf("logged %q, want why in one line", out)
	}
}

func TestAGPUThatIsAskedForMustBeThere(t *testing.T) {
	brokenDriver(t)
	on := onDevice{environment("cuda:99", 1)}
	err := on.onBackend(t.Context(), func(kernel.Backend) error { return nil })
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "--device cuda:99: NVIDIA's driver: ") {
		t.Errorf("got %v, want exit.Usage naming the device", err)
	}
	if name := on.Kernel(); name != "none" {
		t.Errorf("the kernels are called %q", name)
	}
}

// How often the machine has memory to keep a frozen matrix moves no byte of a training.
func TestShortMemoryDoesNotShow(t *testing.T) {
	env := environment("cpu", 2)
	device, err := onDevice{env}.device()
	must(t, err)
	tokens := corpus(t, 60, 1)
	in := tokens.with(stages.Inputs{"base": {baseModelIn(t, env, tokens, quickBase)}})
	train := func(spare func(int64) bool) (string, []task.Prediction) {
		device.spare = spare
		adapter := stagetest.RunIn(t, env, "train.finetune", `{learning_rate: 0.01, epochs: 2, peft: {dropout: 0.1, target_modules: [q_proj, up_proj, down_proj]}}`, in)
		return weightsDigest(t, adapter), predictionsIn(t, env, tokens, in.One("base"), adapter, `{variant: lora}`)
	}
	refused, granted := 0, 0
	want, wantRows := train(func(int64) bool { granted++; return true })
	got, rows := train(func(int64) bool { refused++; return false })
	if granted == 0 || refused != granted {
		t.Errorf("asked for memory %d times where there is some, %d times where there is none", granted, refused)
	}
	if got != want {
		t.Error("the adapter has other bytes where memory is short")
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("predictions differ:\n%s", diff)
	}
}
