package cli

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// Beam's boot code starts a worker by flags alone. It reached the worker's code
// when it calls the endpoint it was given.
func TestWorkerFlagsReachTheHarness(t *testing.T) {
	for _, flag := range []string{"--worker=true", "--worker"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		endpoint := listener.Addr().String()
		worker := command(t, t.TempDir(), flag, "--id=1", "--logging_endpoint="+endpoint, "--control_endpoint="+endpoint)
		if err := worker.Start(); err != nil {
			t.Fatal(err)
		}
		calls := make(chan error, 1)
		go func() {
			_, err := listener.Accept()
			calls <- err
		}()
		go func() {
			_ = worker.Wait()
			_ = listener.Close() // a worker that ends without a call ends the wait
		}()
		if err := <-calls; err != nil {
			t.Errorf("%s: the worker ended and never called its endpoint", flag)
		}
		_ = worker.Process.Kill()
	}
}

func TestDataflowJobIsBuiltWithoutNetwork(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "clinflow"), "the worker's binary")
	args := []string{"run", "two-step", "--runner=dataflow", "--dry_run", "--project=p", "--region=us-central1",
		"--staging_location=gs://b/staging", "--worker_binary=clinflow",
		"--set", "mimic=gs://b/mimic", "--set", "note=gs://b/note", "--set", "base=gs://b/base"}
	r := clinflow(t, dir, 0, append(args, "--out", "gs://b/out")...)
	// One job for each step that is not a job of its own: the source, the maps, the
	// reduces.
	for _, step := range []string{"patients", "split", "corpus", "mortality", "texts", "texts_without_deaths", "tokens", "tokens_without_deaths", "duplicates", "card", "auroc"} {
		if !strings.Contains(r.stderr, `unique_name:"`+step+`/`) {
			t.Errorf("no job for the step %s", step)
		}
	}
	if got := strings.Count(r.stderr, "Dry-run: not submitting job!"); got != 11 {
		t.Errorf("%d jobs built, want 11", got)
	}
	local := clinflow(t, dir, 2, append(args, "--out", "here")...)
	if !strings.Contains(local.stderr, "--out "+filepath.Join(dir, "here")) {
		t.Errorf("a local path for a remote runner: %s", local.stderr)
	}
	clinflow(t, dir, 2, append(args, "--out", "gs://b/out", "--experiments=enable_data_sampling")...)
}
