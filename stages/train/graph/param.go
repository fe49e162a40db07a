package graph

import (
	"fmt"
	"math"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Mode says whether a parameter is trained.
type Mode bool

// The modes of a parameter.
const (
	Frozen    Mode = false
	Trainable Mode = true
)

// Params is a set of named parameters on one backend, shared by many graphs. It
// is used by one goroutine at a time.
type Params struct {
	backend   kernel.Backend
	list      []*Param
	byName    map[string]*Param
	workspace workspace
	err       error
}

// NewParams returns an empty set.
func NewParams(b kernel.Backend) *Params {
	return &Params{backend: b, byName: map[string]*Param{}, workspace: workspace{backend: b}}
}

// Backend returns what the parameters live on.
func (ps *Params) Backend() kernel.Backend { return ps.backend }

// Param is a tensor of the model: a weight matrix [out, in], an embedding
// [vocab, hidden], a norm's or a bias' vector.
type Param struct {
	set   *Params
	name  string
	shape []int
	mode  Mode
	value kernel.Buffer
	// For a trained parameter only, all of the backend's Master type:
	grad   kernel.Buffer
	m, v   kernel.Buffer // AdamW's moments
	master kernel.Buffer // the value in full; nil where value is of that type
}

// Add makes a parameter of zeros. A mistake (a name twice, no memory) is kept
// and returned by Err and by every Compile.
func (ps *Params) Add(name string, mode Mode, shape ...int) *Param {
	p := &Param{set: ps, name: name, mode: mode, shape: shape}
	if ps.byName[name] != nil {
		ps.fail(fmt.Errorf("parameter %s was added twice", name))
	}
	n := p.Len()
	if n <= 0 {
		ps.fail(fmt.Errorf("parameter %s has an empty shape %v", name, shape))
		n = 1
	}
	float, master := ps.backend.Float(), ps.backend.Master()
	p.value = ps.alloc(name, float, n)
	if mode == Trainable {
		p.grad, p.m, p.v = ps.alloc(name, master, n), ps.alloc(name, master, n), ps.alloc(name, master, n)
		if master != float {
			p.master = ps.alloc(name, master, n)
		}
	} else if len(shape) == 2 {
		ps.backend.Freeze(p.value, shape[0], shape[1])
	}
	ps.list, ps.byName[name] = append(ps.list, p), p
	return p
}

func (ps *Params) alloc(name string, d kernel.DType, n int) kernel.Buffer {
	b, err := ps.backend.Alloc(d, n)
	if err != nil {
		ps.fail(fmt.Errorf("parameter %s: %w", name, err))
	}
	return b
}

func (ps *Params) fail(err error) {
	if ps.err == nil {
		ps.err = err
	}
}

// Err returns the first mistake made with the set.
func (ps *Params) Err() error { return ps.err }

// All returns the parameters in the order they were added.
func (ps *Params) All() []*Param { return ps.list }

// Get returns the parameter of that name, nil if there is none.
func (ps *Params) Get(name string) *Param { return ps.byName[name] }

// Trainable returns the parameters that are trained, in the order they were added.
func (ps *Params) Trainable() []*Param {
	var out []*Param
	for _, p := range ps.list {
		if p.mode == Trainable {
			out = append(out, p)
		}
	}
	return out
}

// ZeroGrad sets every gradient to zero.
func (ps *Params) ZeroGrad() {
	for _, p := range ps.list {
		if p.grad != nil {
			ps.backend.Fill(p.grad, 0)
		}
	}
}

// GradNorm returns the 2-norm of all gradients together.
func (ps *Params) GradNorm() (float64, error) {
	var sum float64
	for _, p := range ps.list {
		if p.grad == nil {
			continue
		}
		s, err := ps.backend.SumSquares(p.grad)
		if err != nil {
			return 0, fmt.Errorf("gradient of %s: %w", p.name, err)
		}
		sum += s
	}
	return math.Sqrt(sum), nil
}

// Close frees every buffer of the set.
func (ps *Params) Close() {
	for _, p := range ps.list {
		for _, b := range []kernel.Buffer{p.value, p.grad, p.m, p.v, p.master} {
			if b != nil {
				ps.backend.Free(b)
			}
		}
	}
	ps.workspace.free()
	ps.list, ps.byName = nil, map[string]*Param{}
}

// Name returns the name given to Add.
func (p *Param) Name() string { return p.name }

// Shape returns the dimensions.
func (p *Param) Shape() []int { return p.shape }

// Len returns the number of elements.
func (p *Param) Len() int {
	n := 1
	for _, d := range p.shape {
		n *= d
	}
	return n
}

// Mode says whether the parameter is trained.
func (p *Param) Mode() Mode { return p.mode }

// Upload sets the value; src has Len elements of any float type.
func (p *Param) Upload(src kernel.Host) error {
	if p.master != nil {
		if err := p.set.backend.Upload(p.master, src); err != nil {
			return p.named(err)
		}
	}
	return p.named(p.set.backend.Upload(p.value, src))
}

// Download reads the value into dst, Len elements of F32 or F64.
func (p *Param) Download(dst kernel.Host) error {
	if p.master != nil {
		return p.named(p.set.backend.Download(dst, p.master))
	}
	return p.named(p.set.backend.Download(dst, p.value))
}

// DownloadGrad reads the gradient into dst.
func (p *Param) DownloadGrad(dst kernel.Host) error {
	if p.grad == nil {
		return p.named(errFrozen)
	}
	return p.named(p.set.backend.Download(dst, p.grad))
}

// UploadMoments sets AdamW's first and second moments, for a resumed training.
func (p *Param) UploadMoments(m, v kernel.Host) error {
	if p.grad == nil {
		return p.named(errFrozen)
	}
	if err := p.set.backend.Upload(p.m, m); err != nil {
		return p.named(err)
	}
	return p.named(p.set.backend.Upload(p.v, v))
}

// DownloadMoments reads AdamW's first and second moments.
func (p *Param) DownloadMoments(m, v kernel.Host) error {
	if p.grad == nil {
		return p.named(errFrozen)
	}
	if err := p.set.backend.Download(m, p.m); err != nil {
		return p.named(err)
	}
	return p.named(p.set.backend.Download(v, p.v))
}

// AdamW updates the parameter from its gradient (torch.optim.AdamW: weight
// decay is decoupled and multiplied by the learning rate). A frozen parameter
// stays as it is.
func (p *Param) AdamW(a kernel.Adam) {
	if p.grad != nil {
		p.set.backend.AdamW(p.value, p.master, p.grad, p.m, p.v, a)
	}
}

var errFrozen = fmt.Errorf("the parameter is frozen: it has no gradient")

func (p *Param) named(err error) error {
	if err != nil {
		return fmt.Errorf("parameter %s: %w", p.name, err)
	}
	return nil
}
