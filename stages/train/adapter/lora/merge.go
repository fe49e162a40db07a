package lora

import "github.com/clinflow/clinflow/stages/train/adapter"

// Merge implements adapter.Merger: scale·B·A is added, summed in float64 and rounded once.
func (m *method) Merge(l adapter.Layer, weight []float32) (bool, error) {
	update, ok := m.updates[l.Name]
	if !ok {
		return false, nil
	}
	down, err := update.A.Values() // [r, in]
	if err != nil {
		return false, err
	}
	up, err := update.B.Values() // [out, r]
	if err != nil {
		return false, err
	}
	r := update.A.Shape()[0]
	delta := make([]float64, l.In)
	for o := range l.Out {
		clear(delta)
		for k := range r {
			f := float64(up[o*r+k])
			for i, a := range down[k*l.In : (k+1)*l.In] {
				delta[i] += f * float64(a)
			}
		}
		for i, d := range delta {
			weight[o*l.In+i] = float32(float64(weight[o*l.In+i]) + update.Scale*d)
		}
	}
	return true, nil
}
