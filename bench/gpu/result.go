package main

import "math"

// measured is a workload whose steps were timed.
type measured struct {
	Workload workload `json:"workload"`
	Place    int      `json:"place"` // in size.timed, or nowhere
	Tuned    bool     `json:"tuned"`
	Seconds  float64  `json:"seconds"` // of a step
	Memory   int64    `json:"memory"`
	State    *state   `json:"state"`
}

// nowhere is the place of a workload that is compared with nothing.
const nowhere = math.MaxInt32

// result is a workload's. What PEFT did not do is null.
type result struct {
	Batch              int      `json:"batch"`
	Seq                int      `json:"seq"`
	Classes            int      `json:"classes"` // 0: a language model
	Clinical           string   `json:"clinical_adapter"`
	Checkpointing      bool     `json:"gradient_checkpointing"`
	Tuned              bool     `json:"tuned_products"`
	StepMS             float64  `json:"ms_per_step"`
	TokensPerS         float64  `json:"tokens_per_s"`
	ShareOfPeak        *float64 `json:"share_of_peak"`     // null: the peak is not known
	Memory             int64    `json:"peak_memory_bytes"` // of the whole card, the driver's part too
	State              *state   `json:"card"`              // null: not seen
	EagerTokensPerS    *float64 `json:"peft_eager_tokens_per_s"`
	AutocastTokensPerS *float64 `json:"peft_autocast_tokens_per_s"`
	CompiledTokensPerS *float64 `json:"peft_compiled_tokens_per_s"`
	EagerMemory        *int64   `json:"peft_eager_peak_memory_bytes"` // of torch's tensors alone
	AutocastMemory     *int64   `json:"peft_autocast_peak_memory_bytes"`
	CompiledMemory     *int64   `json:"peft_compiled_peak_memory_bytes"`
	EagerRatio         *float64 `json:"ratio_peft_eager"`
	AutocastRatio      *float64 `json:"ratio_peft_autocast"`
	CompiledRatio      *float64 `json:"ratio_peft_compiled"`
	place              int
	name               string
}

// newResult is of steps that were timed; peak is the card's in TFLOP/s, 0 where it is not
// known.
func newResult(m measured, peak float64, p speeds) result {
	l := m.Workload
	tokens := float64(l.Batch * l.Seq)
	r := result{
		Batch: l.Batch, Seq: l.Seq, Classes: l.Labels, Clinical: l.Clinical, Checkpointing: l.Checkpointing, Tuned: m.Tuned,
		StepMS: 1e3 * m.Seconds, TokensPerS: tokens / m.Seconds, ShareOfPeak: finite(flop(l) / m.Seconds / (peak * 1e12)),
		Memory: m.Memory, State: m.State, place: m.Place, name: l.String(),
	}
	r.EagerTokensPerS, r.EagerMemory, r.EagerRatio = p.eager.beside(tokens, r.TokensPerS)
	r.AutocastTokensPerS, r.AutocastMemory, r.AutocastRatio = p.autocast.beside(tokens, r.TokensPerS)
	r.CompiledTokensPerS, r.CompiledMemory, r.CompiledRatio = p.compiled.beside(tokens, r.TokensPerS)
	return r
}

// beside are the peer's tokens/s and memory, and how many times as fast ours are.
func (p *speed) beside(tokens, ours float64) (perS *float64, memory *int64, ratio *float64) {
	if p == nil {
		return nil, nil, nil
	}
	theirs := 1e3 * tokens / p.MS
	times := ours / theirs
	return &theirs, &p.Memory, &times
}
