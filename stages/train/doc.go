// Package train has the stages that turn tokens, labels and splits into models: a small
// LLaMA from scratch (train.base), a model of random weights (train.random), adapters or
// all weights by language modelling (train.pretrain) and by a task with labels
// (train.finetune), predictions (train.predict), and the baseline that a language model
// has to beat (train.baseline). It holds their specs and settings; the training itself is
// in package trainer.
//
// No patient is trained on and tested: one guard looks at every dataset, and at
// whom the models under a stage were trained on. It cannot be switched off.
//
// A training run depends on its inputs, configuration and kernel alone: not on
// parts, workers, or how often it was interrupted.
//
// What an adapter and a base model may be registers itself: each method in
// adapter/, each architecture in model/.
package train

import (
	_ "github.com/clinflow/clinflow/stages/train/adapter/adaption"
	_ "github.com/clinflow/clinflow/stages/train/adapter/full"
	_ "github.com/clinflow/clinflow/stages/train/adapter/lora"
	_ "github.com/clinflow/clinflow/stages/train/adapter/prefix"
	_ "github.com/clinflow/clinflow/stages/train/adapter/prompt"
	_ "github.com/clinflow/clinflow/stages/train/adapter/ptuning"
	_ "github.com/clinflow/clinflow/stages/train/model/bert"
	_ "github.com/clinflow/clinflow/stages/train/model/llama"
)
