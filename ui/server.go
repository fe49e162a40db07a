// Package ui is the page on which runs are watched: what runs, what ran, and how well the
// models did. It reads journals, metrics and published reports, changes nothing, and
// loads nothing from elsewhere.
package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
)

// Options say what is shown, where and to whom.
type Options struct {
	Out     []string // output folders
	DAGs    []string // DAG files, names of shipped ones, or folders with files
	Addr    string   // host:port
	Token   string   // what a reader must know; "" where nobody asks
	Hosts   []string // other names by which the server is reached
	Metrics bool     // /metrics, for Prometheus
	Env     *stages.Environment
}

// Server shows runs. Make it by New.
type Server struct {
	o       Options
	access  access
	folders []*folder
	handler http.Handler
}

// folder is an output folder that is watched.
type folder struct {
	*runners.Watch
	Number   int // in addresses, from 1
	drawn    drawings
	measured measurements
}

// Name is the folder as a person named it.
func (f *folder) Name() string { return f.Dir().URI() }

// New prepares a server. A server that others than this machine reach must have a token.
func New(o Options) (*Server, error) {
	access, err := newAccess(o)
	if err != nil {
		return nil, err
	}
	for _, name := range o.DAGs {
		if _, err := os.Stat(name); err != nil && !slices.Contains(dags.Shipped(), name) {
			return nil, exit.Errorf(exit.Usage, "--dags: %s: neither a file nor a shipped DAG; %s", name, suggest.Choice(name, dags.Shipped()))
		}
	}
	s := &Server{o: o, access: access}
	for i, out := range o.Out {
		if info, err := os.Stat(out); err == nil && !info.IsDir() {
			return nil, exit.Errorf(exit.Usage, "--out: %s is a file; name the output folder of runs", out)
		}
		watch, err := runners.WatchRuns(out)
		if err != nil {
			return nil, err
		}
		s.folders = append(s.folders, &folder{Watch: watch, Number: i + 1, drawn: drawings{by: map[string]drawing{}}, measured: measurements{by: map[string]*eval.Metrics{}}})
	}
	s.handler = s.routes()
	return s, nil
}

// Handler answers requests.
func (s *Server) Handler() http.Handler { return s.handler }

// closing is for how long answers under way are waited for.
const closing = 3 * time.Second

// Serve listens until ctx ends. ready is told where.
func (s *Server) Serve(ctx context.Context, ready func(url string)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.o.Addr)
	if err != nil {
		return exit.Errorf(exit.Usage, "--addr: %w", err)
	}
	ready("http://" + listener.Addr().String() + "/")
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // of what clients did to their connections
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err = <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	err = server.Shutdown(whole)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	return err
}
