package dags

import (
	"context"
	"path"
	"strings"
	"time"
)

// madeElsewhere takes, for a step that must be there already, the newest output of it that
// is the same but for the kernels that made it: one step alone may run on a machine without
// a GPU, and need what another has trained on one.
func (p *Planner) madeElsewhere(ctx context.Context, d *Decision) bool {
	if d.Identity.Kernel == "" || d.State == StateForced {
		return false
	}
	newest := time.Time{}
	for _, folder := range p.outputsOf(d.Step.Name) {
		o := p.outputs[folder]
		if !o.complete || !o.written.After(newest) || p.forcedSince(ctx, d.Step.Name, folder) != "" {
			continue
		}
		found, err := p.open(ctx, folder)
		if err != nil {
			continue
		}
		id := identityOf(found.Manifest)
		kernel := id.Kernel
		if id.Kernel = d.Identity.Kernel; len(differences(id, d.Identity)) > 0 {
			continue
		}
		newest = o.written
		d.Identity.Kernel, d.Fingerprint = kernel, strings.TrimPrefix(folder, d.Step.Name+"-")
		d.URI = p.out.Sub(path.Join(stepsFolder, folder)).URI()
		d.State, d.Reasons, d.Changes, d.Anew = StateDone, nil, nil, false
	}
	return !newest.IsZero()
}
