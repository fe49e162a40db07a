package cli

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// blurt is a stage that panics with its text. It is there for the processes of one test.
const blurtText = "zqcanaryworker"

func init() {
	if os.Getenv("CLINFLOW_TEST_BLURTS") == "" {
		return
	}
	stages.RegisterMap(stages.Spec{
		Name: "test.blurt", Version: 1, Doc: "test",
		In:  []stages.Port{{Name: "notes", Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}, Sharded: true, Doc: "notes"}},
		Out: stages.Output{Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}},
	}, func(*stages.Environment, struct{}) (stages.Map, error) { return blurt{}, nil })
}

type blurt struct{}

func (blurt) Part(context.Context, stages.Inputs, int, *dataset.PartWriter) error { panic(blurtText) }

// Worker processes of an engine make what this process makes, and what one of them panics
// with is in no log: not the client's, nor the engine's, which is prism here and logs with
// the client, nor the workers'.
func TestWorkerProcessesTellNoValueOfAPanic(t *testing.T) {
	t.Setenv("CLINFLOW_TEST_BLURTS", "1")
	dir := tree(t)
	write(t, filepath.Join(dir, "blurt.yaml"), "name: blurt\nsteps:\n  patients: {stage: ingest.mimiciv, with: {root: "+dir+"/tree, shards: 2}}\n  blurts: {stage: test.blurt, in: {notes: patients}}\n")
	address := freeAddress(t)
	pool := command(t, dir, "worker", "--pool", address, "--verbose")
	var logged bytes.Buffer
	pool.Stdout, pool.Stderr = &logged, &logged
	if err := pool.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Process.Kill() }()
	answers(t, address)
	r := clinflow(t, dir, 1, "run", "blurt.yaml", "--out", "there", "--verbose", "--runner=prism", "--environment_type=EXTERNAL", "--environment_config="+address)
	if want := "step blurts: stage test.blurt: part"; !strings.Contains(r.stderr, want) || !strings.Contains(r.stderr, "internal error at blurt_test.go") {
		t.Errorf("no %q in %s", want, r.stderr)
	}
	_ = pool.Process.Signal(os.Interrupt)
	_ = pool.Wait() // interrupted
	if strings.Contains(r.all()+logged.String(), blurtText) {
		t.Error("the panic's value is told")
	}
	clinflow(t, dir, 1, "run", "blurt.yaml", "--out", "here")
	sameOutput(t, filepath.Join(dir, "here"), filepath.Join(dir, "there"))
}

// freeAddress is one of this machine at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// answers waits until somebody listens at an address.
func answers(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			_ = connection.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// sameOutput compares the manifests of the steps named patients.
func sameOutput(t *testing.T, folders ...string) {
	t.Helper()
	var texts []string
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(folder, "steps", "patients-*", "manifest.json"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s holds %v, %v", folder, found, err)
		}
		texts = append(texts, read(t, found[0]))
	}
	if texts[0] != texts[1] {
		t.Error("worker processes made another dataset")
	}
}
