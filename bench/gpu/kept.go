package main

// kept is all that the parts of a run have found so far.
type kept struct {
	o     options
	found []finding
	path  string // of the report
	err   error  // of the last try to write it
}

// take keeps a finding, and writes the report with it: a run may be ended at any time.
func (k *kept) take(f finding) {
	k.found = append(k.found, f)
	switch {
	case f.Failure != "":
		say("failed: %s", f.Failure)
	case f.Check != nil && !f.Check.OK:
		say("failed: %v", f.Check.err())
	}
	if r := k.report(); r.Device != "" {
		k.path, k.err = r.save(k.o.results, k.o.part)
	}
}

// report is of all that was found.
func (k *kept) report() *report {
	r, p := newReport(k.o), peer{speeds: map[int]speeds{}}
	var list []measured
	var losses []float64
	for _, f := range k.found {
		r.add(f)
		switch {
		case f.Shape != nil:
			list = append(list, *f.Shape)
		case f.Losses != nil:
			losses = f.Losses
		case f.Peer != nil:
			p.add(*f.Peer)
		}
	}
	r.Peer = p.versions
	r.learnt(losses, p.losses)
	for _, m := range list {
		r.Shapes = append(r.Shapes, newResult(m, r.TFLOPS, p.speeds[m.Place]))
	}
	for i := range r.Products {
		r.Products[i].share(r.TFLOPS)
	}
	r.judge(sizes[k.o.shape].shares, k.o.want)
	return r
}
