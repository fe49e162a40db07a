package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"
)

// fakeEngine is as much of an engine as a worker meets before its first work.
type fakeEngine struct {
	fnpb.UnimplementedBeamFnControlServer
	fnpb.UnimplementedBeamFnLoggingServer
	fnpb.UnimplementedProvisionServiceServer
	address string
	came    chan struct{} // a worker asks for work
	release chan struct{} // closed: there is none
	server  *grpc.Server
}

func newEngine(t *testing.T) *fakeEngine {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &fakeEngine{address: listener.Addr().String(), came: make(chan struct{}, 9), release: make(chan struct{}), server: grpc.NewServer()}
	fnpb.RegisterBeamFnControlServer(e.server, e)
	fnpb.RegisterBeamFnLoggingServer(e.server, e)
	fnpb.RegisterProvisionServiceServer(e.server, e)
	go func() { _ = e.server.Serve(listener) }()
	t.Cleanup(e.server.Stop)
	return e
}

func (e *fakeEngine) endpoint() *pipepb.ApiServiceDescriptor {
	return &pipepb.ApiServiceDescriptor{Url: e.address}
}

func (e *fakeEngine) GetProvisionInfo(context.Context, *fnpb.GetProvisionInfoRequest) (*fnpb.GetProvisionInfoResponse, error) {
	options, err := structpb.NewStruct(map[string]any{"beam:option:go_options:v1": map[string]any{"options": map[string]any{"hooks": "{}"}}})
	return &fnpb.GetProvisionInfoResponse{Info: &fnpb.ProvisionInfo{
		ControlEndpoint: e.endpoint(), LoggingEndpoint: e.endpoint(), PipelineOptions: options,
	}}, err
}

func (e *fakeEngine) Control(stream fnpb.BeamFnControl_ControlServer) error {
	e.came <- struct{}{}
	select {
	case <-e.release:
	case <-stream.Context().Done():
	}
	return nil
}

func (*fakeEngine) Logging(stream fnpb.BeamFnLogging_LoggingServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

func (e *fakeEngine) wait(t *testing.T) {
	t.Helper()
	select {
	case <-e.came:
	case <-time.After(time.Minute):
		t.Fatal("no worker came")
	}
}

// exited waits for the end of a process that this one started.
func exited(t *testing.T, worker *exec.Cmd, within time.Duration) int {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		_ = worker.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(within):
		_ = worker.Process.Kill()
		t.Errorf("the worker was at work %s later", within)
		<-ended
	}
	return worker.ProcessState.ExitCode()
}

// gone waits for the end of a process of any parent's.
func gone(t *testing.T, pid int, within time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err != nil && syscall.Kill(pid, 0) != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("process %d is left", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return
		}
	}
}

// An engine of Java starts a command with two flags and no word; Beam's boot, which has
// asked the engine already, with others.
func TestWorkersEndWithTheirWork(t *testing.T) {
	e := newEngine(t)
	var workers []*exec.Cmd
	for _, args := range [][]string{
		{"--id=1-1", "--provision_endpoint=" + e.address},
		{"--id=1-1", "--provision_endpoint=" + e.address, "--semi_persist_dir=/tmp"},
		{"--worker=true", "--id=1", "--logging_endpoint=" + e.address, "--control_endpoint=" + e.address, "--semi_persist_dir=/tmp"},
		{"--worker", "--id=1", "--logging_endpoint=" + e.address, "--control_endpoint=" + e.address},
		{"worker", "--id=1", "--provision_endpoint=" + e.address},
	} {
		worker := command(t, t.TempDir(), args...)
		worker.Stderr = os.Stderr
		if err := worker.Start(); err != nil {
			t.Fatal(err)
		}
		e.wait(t)
		workers = append(workers, worker)
	}
	close(e.release)
	for _, worker := range workers {
		if code := exited(t, worker, 10*time.Second); code != 0 {
			t.Errorf("%v: exit code %d", worker.Args, code)
		}
	}
}

func TestWorkersEndWithTheirEngine(t *testing.T) {
	e := newEngine(t)
	worker := command(t, t.TempDir(), "--id=1", "--provision_endpoint="+e.address)
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	e.wait(t)
	e.server.Stop()
	if code := exited(t, worker, 10*time.Second); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}

// The engine's process is killed, and what it was connected by lives on.
func TestWorkersEndWithTheirParent(t *testing.T) {
	e := newEngine(t)
	worker := command(t, t.TempDir(), "--id=1", "--provision_endpoint="+e.address)
	parent := exec.Command("sh", "-c", `"$@" & echo $!; wait`, "sh", worker.Path)
	parent.Args = append(parent.Args, worker.Args[1:]...)
	parent.Env = worker.Env
	said, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 16)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	e.wait(t)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	gone(t, pid, 10*time.Second)
	_ = parent.Wait() // killed, as it should be
}

// poolOf starts a pool and asks it for workers.
func poolOf(t *testing.T, e *fakeEngine, ids ...string) (pool *exec.Cmd, client fnpb.BeamFnExternalWorkerPoolClient) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	pool = command(t, t.TempDir(), "worker", "--quiet", "--pool", address)
	pool.Stderr = os.Stderr
	if err := pool.Start(); err != nil {
		t.Fatal(err)
	}
	connection, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	client = fnpb.NewBeamFnExternalWorkerPoolClient(connection)
	for _, id := range ids {
		r, err := client.StartWorker(t.Context(), &fnpb.StartWorkerRequest{WorkerId: id, ProvisionEndpoint: e.endpoint(), ControlEndpoint: e.endpoint(), LoggingEndpoint: e.endpoint()}, grpc.WaitForReady(true))
		if err != nil || r.GetError() != "" {
			t.Fatal(err, r.GetError())
		}
		e.wait(t)
	}
	return pool, client
}

// children are the processes that a process has started.
func children(t *testing.T, parent int) []int {
	t.Helper()
	var pids []int
	processes, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range processes {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after)
		if len(fields) < 2 || fields[0] == "Z" || fields[1] != strconv.Itoa(parent) {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(name, "/")[2])
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// A pool starts a process a worker, ends one that an engine stops, and all of them where
// it ends, also where it is killed.
func TestPoolsLeaveNoWorker(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		e := newEngine(t)
		pool, client := poolOf(t, e, "a", "b", "c")
		again, err := client.StartWorker(t.Context(), &fnpb.StartWorkerRequest{WorkerId: "b", ProvisionEndpoint: e.endpoint()})
		if err != nil || !strings.Contains(again.GetError(), `"b" is at work already`) {
			t.Errorf("a worker of the same name: %v, %v", again, err)
		}
		workers := children(t, pool.Process.Pid)
		if len(workers) != 3 {
			t.Fatalf("%d processes for three workers", len(workers))
		}
		if _, err := client.StopWorker(t.Context(), &fnpb.StopWorkerRequest{WorkerId: "b"}); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(10 * time.Second); len(children(t, pool.Process.Pid)) != 2; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the stopped worker is at work")
			}
		}
		if err := pool.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if code := exited(t, pool, 10*time.Second); signal == syscall.SIGTERM && code != 0 && code != 130 {
			t.Errorf("exit code %d", code)
		}
		for _, pid := range workers {
			gone(t, pid, 10*time.Second)
		}
	}
}

// A pool asks nobody who he is: it is for this machine alone unless that is said.
func TestPoolsListenOnLoopback(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:50000"} {
		r := clinflow(t, t.TempDir(), 2, "worker", "--pool", address)
		if !strings.Contains(r.stderr, "--beyond-loopback") {
			t.Errorf("%s: %s", address, r.stderr)
		}
	}
	clinflow(t, t.TempDir(), 2, "worker", "--pool", "127.0.0.1")
	pool := command(t, t.TempDir(), "worker", "--pool", "0.0.0.0:0", "--beyond-loopback")
	said, err := pool.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := pool.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 1000)
	n, _ := said.Read(line)
	if !strings.Contains(string(line[:n]), "whoever reaches the pool") {
		t.Errorf("warned by %q", line[:n])
	}
	_ = pool.Process.Kill()
	_ = pool.Wait() // killed, as it should be
}

func TestWorkersTakeNoFlagsOfTheWork(t *testing.T) {
	for _, flag := range []string{"--memory=1GiB", "--workers=2", "--group"} {
		r := clinflow(t, t.TempDir(), 2, "worker", "--id=1", flag)
		if !strings.Contains(r.stderr, "it comes with the work") {
			t.Errorf("%s: %s", flag, r.stderr)
		}
	}
	if r := clinflow(t, t.TempDir(), 2, "worker"); !strings.Contains(r.stderr, "clinflow worker --pool") {
		t.Error(r.stderr)
	}
}
