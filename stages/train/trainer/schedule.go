package trainer

import "math"

// schedule is the linear schedule with warm-up: the factor of transformers'
// get_linear_schedule_with_warmup, k/warmup while k < warmup, then
// (total−k)/(total−warmup), for optimizer step k from 0.
type schedule struct {
	peak   float64 // learning rate at the end of the warm-up
	warmup float64 // optimizer steps, a whole number but with the paper's recipe
	total  int     // optimizer steps
}

// schedule rounds the warm-up up, as transformers' Trainer does. The paper's code passes
// the ratio where the number of steps is meant.
func (o Trainer) schedule(total int) schedule {
	if o.Recipe == "paper" {
		return schedule{o.LearningRate, o.WarmupRatio, total}
	}
	return schedule{o.LearningRate, math.Ceil(o.WarmupRatio * float64(total)), total}
}

// at returns the learning rate of optimizer step k.
func (s schedule) at(k int) float64 {
	if float64(k) < s.warmup {
		return s.peak * float64(k) / max(1, s.warmup)
	}
	return s.peak * max(0, float64(s.total-k)/max(1, float64(s.total)-s.warmup))
}
