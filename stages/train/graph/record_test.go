package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// recorder keeps runs, and makes logits a few rows at a time.
type recorder struct {
	kernel.Backend
	rows                     int
	recorded, played, closed int
	products                 []kernel.MatMul // since the last run began
}

func (r *recorder) ChunkRows(int) int { return r.rows }

func (r *recorder) MatMul(c, a, b kernel.Buffer, m kernel.MatMul) {
	r.products = append(r.products, m)
	r.Backend.MatMul(c, a, b, m)
}

func (r *recorder) Record(f func() error) (kernel.Recording, error) {
	r.recorded++
	return recording{r, f}, f()
}

type recording struct {
	r *recorder
	f func() error
}

func (p recording) Replay() { p.r.played++; _ = p.f() }
func (p recording) Close()  { p.r.closed++ }

// TestRunsOnARecorder expects of every run the same kernels, whatever its batch, and
// the gradients of a backend that records nothing.
func TestRunsOnARecorder(t *testing.T) {
	plain := backend(t, cpu.Options{Float: kernel.F64})
	for _, rows := range []int{4, 7, 100} {
		r := &recorder{Backend: backend(t, cpu.Options{Float: kernel.F64}), rows: rows}
		var machines [2]*graph.Machine
		var nets [2]*net
		for i, b := range []kernel.Backend{plain, r} {
			nets[i] = newNet(t, b, graph.Options{Batch: 3, Seq: 6, Training: true, Seed: 1}, 5)
			machines[i] = nets[i].compile(t, networks["two layers"], true)
		}
		var first []kernel.MatMul
		for step := range uint64(4) {
			batch := tokens(nets[0].random, 3, 6, vocab) // of other lengths each time
			batch.Step = step
			r.products = nil
			want, got := nets[0].gradients(t, machines[0], batch), nets[1].gradients(t, machines[1], batch)
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 1e-14)); diff != "" {
				t.Errorf("%d rows at a time, step %d: %s", rows, step, diff)
			}
			if step == 0 {
				first = r.products
			} else if !cmp.Equal(first, r.products) {
				t.Errorf("%d rows at a time: step %d has other products than the first", rows, step)
			}
		}
		machines[1].Close()
		if r.recorded != 1 || r.played != 2 || r.closed != 1 {
			t.Errorf("%d runs were recorded, %d played, %d recordings closed", r.recorded, r.played, r.closed)
		}
	}
}
