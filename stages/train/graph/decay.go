package graph

import "regexp"

// spared are the names that transformers' Trainer takes out of weight decay
// (get_decay_parameter_names), in lower case.
var spared = regexp.MustCompile(`(?i)bias|layernorm|rmsnorm|(^|[./])norm($|\.)|_norm($|\.)`)

// SpareBiasesAndNorms has AdamW decay neither biases nor the weights of norms, known by
// their names, as transformers' Trainer does.
func (ps *Params) SpareBiasesAndNorms() { ps.spare = true }
