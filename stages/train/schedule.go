package train

import "math"

// schedule is the linear schedule with warm-up: the factor of transformers'
// get_linear_schedule_with_warmup, k/warmup while k < warmup, then
// (total−k)/(total−warmup), for optimizer step k from 0.
type schedule struct {
	peak          float64 // learning rate at the end of the warm-up
	warmup, total int     // optimizer steps
}

// newSchedule rounds the warm-up up, as transformers' Trainer does.
func newSchedule(peak, warmupRatio float64, total int) schedule {
	return schedule{peak, int(math.Ceil(warmupRatio * float64(total))), total}
}

// at returns the learning rate of optimizer step k.
func (s schedule) at(k int) float64 {
	if k < s.warmup {
		return s.peak * float64(k) / float64(s.warmup)
	}
	return s.peak * max(0, float64(s.total-k)/float64(max(1, s.total-s.warmup)))
}
