package graph

import (
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Mode says whether a parameter is trained.
type Mode bool

// The modes of a parameter.
const (
	Frozen    Mode = false
	Trainable Mode = true
)

// Param is a tensor of the model: a weight matrix [out, in], an embedding
// [vocab, hidden], a norm's or a bias' vector.
type Param struct {
	set   *Params
	name  string
	shape []int
	mode  Mode
	by    *Param // stands for it in graphs; nil: itself
	tensors
}

// Name returns the name given to Add.
func (p *Param) Name() string { return p.name }

// Replace has every later graph read by, of the same shape, in place of p: a trained copy
// of a frozen parameter. A parameter is replaced once.
func (p *Param) Replace(by *Param) {
	switch {
	case p.by != nil:
		p.set.fail(fmt.Errorf("parameter %s has two copies that are trained, %s and %s; let one adapter have it, by peft.type full or modules_to_save", p.name, p.by.name, by.name))
	case !slices.Equal(p.shape, by.shape):
		p.set.fail(fmt.Errorf("parameter %s of shape %v cannot be replaced by %s of %v", p.name, p.shape, by.name, by.shape))
	default:
		p.by = by
	}
}

// Now is the parameter that graphs read: the one that stands for it, or itself.
func (p *Param) Now() *Param { return p.now() }

// now is Now, and nil for nil.
func (p *Param) now() *Param {
	if p == nil || p.by == nil {
		return p
	}
	return p.by
}

// Shape returns the dimensions.
func (p *Param) Shape() []int { return p.shape }

// unheld is more elements than any memory holds, of which sums and bytes can be told.
const unheld = 1 << 50

// Len returns the number of elements, where it is beyond all memory no more than that.
func (p *Param) Len() int {
	n := 1
	for _, d := range p.shape {
		if d > 0 && n > unheld/d {
			return unheld
		}
		n *= d
	}
	return n
}

// Mode says whether the parameter is trained.
func (p *Param) Mode() Mode { return p.mode }

// Upload sets the value; src has Len elements of any float type.
func (p *Param) Upload(src kernel.Host) error {
	if p.set.err != nil {
		return p.set.err // it may have no memory
	}
	if p.master != nil {
		if err := p.set.backend.Upload(p.master, src); err != nil {
			return p.named(err)
		}
	}
	return p.named(p.set.backend.Upload(p.value, src))
}

// Draw sets the value to normal random numbers that the device draws, the same for the
// same seed and stream.
func (p *Param) Draw(seed uint64, stream uint32, deviation float64) error {
	r, ok := p.set.backend.(kernel.Randomizer)
	if !ok {
		return p.named(fmt.Errorf("%s draws no random numbers", p.set.backend.Name()))
	}
	r.Normal(p.value, seed, stream, deviation)
	return nil
}

// Download reads the value into dst, Len elements of F32 or F64.
func (p *Param) Download(dst kernel.Host) error {
	if p.master != nil {
		return p.named(p.set.backend.Download(dst, p.master))
	}
	return p.named(p.set.backend.Download(dst, p.value))
}

// Values downloads the value into a new slice.
func (p *Param) Values() ([]float32, error) {
	values := make([]float32, p.Len())
	return values, p.Download(kernel.F32s(values))
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

var errFrozen = fmt.Errorf("the parameter is frozen: it has no gradient")

func (p *Param) named(err error) error {
	if err != nil {
		return fmt.Errorf("parameter %s: %w", p.name, err)
	}
	return nil
}
