package train

import "github.com/clinflow/clinflow/stages/train/kernel"

// update is AdamW with PyTorch's defaults (torch.optim.AdamW).
func (r *run) update(plan schedule) error {
	scale, err := r.clip()
	if err != nil {
		return err
	}
	adam := kernel.Adam{
		LR: plan.at(r.at.Step), Beta1: 0.9, Beta2: 0.999, Eps: 1e-8,
		WeightDecay: r.set.WeightDecay, Step: r.at.Step + 1, GradScale: scale,
	}
	for _, p := range r.params.Trainable() {
		p.AdamW(adam)
	}
	r.at.Step++
	r.at.Group++
	return nil
}

// clip returns the factor of torch.nn.utils.clip_grad_norm_.
func (r *run) clip() (float64, error) {
	if r.set.MaxGradNorm == 0 {
		return 1, nil
	}
	norm, err := r.params.GradNorm()
	if err != nil {
		return 0, err
	}
	return min(1, r.set.MaxGradNorm/(norm+1e-6)), nil
}
