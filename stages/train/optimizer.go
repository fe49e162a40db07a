package train

import "github.com/clinflow/clinflow/stages/train/kernel"

// update is AdamW with PyTorch's defaults (torch.optim.AdamW).
func (r *run) update(plan schedule) error {
	adam := kernel.Adam{
		LR: plan.at(r.at.Step), Beta1: 0.9, Beta2: 0.999, Eps: 1e-8,
		WeightDecay: r.set.WeightDecay, Step: r.at.Step + 1,
	}
	if err := r.params.AdamW(adam, r.set.MaxGradNorm); err != nil {
		return err
	}
	r.at.Step++
	r.at.Group++
	return nil
}
