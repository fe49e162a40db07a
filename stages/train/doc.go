// Package train turns token shards into models: a small LLaMA from scratch
// (train.base), adapters by language modelling (train.pretrain) and by a
// labelled task (train.finetune), and predictions (train.predict).
//
// A training run depends on its inputs, configuration and kernel alone: not on
// parts, workers, or how often it was interrupted.
package train
