package worker

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/rs/zerolog"
	"google.golang.org/grpc"

	"github.com/clinflow/clinflow/internal/exit"
)

// Pool starts workers for engines that ask for them, each a process: Beam's environment
// EXTERNAL. It asks nobody who he is.
type Pool struct {
	fnpb.UnimplementedBeamFnExternalWorkerPoolServer
	Command []string // starts a worker; flags that say where its engine is are added
	Log     zerolog.Logger

	mu      sync.Mutex
	workers map[string]*exec.Cmd // at work, by the engine's id; nil: the pool is closed
	ended   sync.WaitGroup
}

// Listen opens HOST:PORT for a pool. Whoever reaches it can start workers that read and
// write what this account may; exit.Usage where that is not this machine alone, unless
// beyond is true.
func Listen(address string, beyond bool) (net.Listener, error) {
	tcp, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "--pool %s: write HOST:PORT, for example 127.0.0.1:50000", address)
	}
	if !tcp.IP.IsLoopback() && !beyond {
		return nil, exit.Errorf(exit.Usage, "--pool %s: other machines could start workers here, which read and write what you may, and nobody asks who they are; give 127.0.0.1:%d, or --beyond-loopback where a firewall lets the engine alone in", address, tcp.Port)
	}
	listener, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return nil, exit.Errorf(exit.Failed, "--pool %s: %w", address, err)
	}
	return listener, nil
}

// Serve starts and stops workers until ctx ends; then it stops all of them.
func (p *Pool) Serve(ctx context.Context, listener net.Listener) error {
	p.workers = map[string]*exec.Cmd{}
	server := grpc.NewServer()
	fnpb.RegisterBeamFnExternalWorkerPoolServer(server, p)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	p.Log.Info().Str("address", listener.Addr().String()).Msg("the pool takes orders for workers")
	err := server.Serve(listener)
	p.close()
	if ctx.Err() != nil {
		return nil // it was told to end
	}
	return err
}

func (p *Pool) close() {
	p.mu.Lock()
	for _, worker := range p.workers {
		terminate(worker)
	}
	p.workers = nil
	p.mu.Unlock()
	p.ended.Wait()
}

// StartWorker starts a process.
func (p *Pool) StartWorker(_ context.Context, r *fnpb.StartWorkerRequest) (*fnpb.StartWorkerResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, taken := p.workers[r.GetWorkerId()]
	switch {
	case p.workers == nil:
		return &fnpb.StartWorkerResponse{Error: "the pool is closing"}, nil
	case taken:
		return &fnpb.StartWorkerResponse{Error: fmt.Sprintf("a worker %q is at work already", r.GetWorkerId())}, nil
	case r.GetControlEndpoint().GetAuthentication() != nil || r.GetLoggingEndpoint().GetAuthentication() != nil:
		return &fnpb.StartWorkerResponse{Error: "a worker cannot log in to an endpoint"}, nil
	}
	worker := p.command(r)
	if err := worker.Start(); err != nil {
		return &fnpb.StartWorkerResponse{Error: "start a worker: " + err.Error()}, nil
	}
	p.workers[r.GetWorkerId()] = worker
	p.ended.Go(func() { p.wait(r.GetWorkerId(), worker) })
	p.Log.Info().Str("worker", r.GetWorkerId()).Int("process", worker.Process.Pid).Msg("worker started")
	return &fnpb.StartWorkerResponse{}, nil
}

func (p *Pool) command(r *fnpb.StartWorkerRequest) *exec.Cmd {
	args := append(p.Command[1:len(p.Command):len(p.Command)], "--id="+r.GetWorkerId())
	for _, endpoint := range []struct{ flag, url string }{
		{"provision", r.GetProvisionEndpoint().GetUrl()}, {"control", r.GetControlEndpoint().GetUrl()}, {"logging", r.GetLoggingEndpoint().GetUrl()},
	} {
		if endpoint.url != "" {
			args = append(args, "--"+endpoint.flag+"_endpoint="+endpoint.url)
		}
	}
	worker := exec.Command(p.Command[0], args...)
	worker.Stderr = os.Stderr
	return worker
}

// wait notes the end of a worker, which may come by itself.
func (p *Pool) wait(id string, worker *exec.Cmd) {
	err := worker.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.workers[id] == worker {
		delete(p.workers, id)
	}
	p.Log.Info().Str("worker", id).Int("process", worker.Process.Pid).AnErr("exit", err).Msg("worker ended")
}

// StopWorker ends a process.
func (p *Pool) StopWorker(_ context.Context, r *fnpb.StopWorkerRequest) (*fnpb.StopWorkerResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	worker, found := p.workers[r.GetWorkerId()]
	if !found {
		return &fnpb.StopWorkerResponse{}, nil // it has ended by itself
	}
	delete(p.workers, r.GetWorkerId())
	terminate(worker)
	return &fnpb.StopWorkerResponse{}, nil
}

// grace is what a worker is given to end.
const grace = 5 * time.Second

func terminate(worker *exec.Cmd) {
	_ = worker.Process.Signal(syscall.SIGTERM)
	time.AfterFunc(grace, func() { _ = worker.Process.Kill() })
}
