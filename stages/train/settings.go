package train

import (
	"path/filepath"

	"github.com/clinflow/clinflow/stages/train/peft"
)

// Optimization are the settings that every training stage shares. Defaults not
// fixed here are the stage's own.
type Optimization struct {
	Accumulation          int     `json:"accumulation" default:"1" unit:"batches" min:"1" doc:"Batches whose gradients are added up before one optimizer step. The loss is the mean over all that is real in them."`
	WarmupRatio           float64 `json:"warmup_ratio" default:"0.06" min:"0" max:"1" doc:"Part of the optimizer steps over which the learning rate rises linearly from 0; then it falls linearly to 0."`
	WeightDecay           float64 `json:"weight_decay" default:"0.01" min:"0" doc:"AdamW's decoupled weight decay, on all trained parameters. Betas are 0.9 and 0.999, eps 1e-8."`
	MaxGradNorm           float64 `json:"max_grad_norm" default:"0" min:"0" doc:"Scale the gradient down to this norm where it is above. 0: no clipping."`
	GradientCheckpointing bool    `json:"gradient_checkpointing" default:"false" doc:"Keep of each decoder layer its input alone and compute the rest once more for the gradient: the same result with a fraction of the memory and the arithmetic of the forward pass done twice."`
	Seed                  int64   `json:"seed" default:"1234" doc:"Seed of batch order, initial values and dropout."`
	LogEvery              int     `json:"log_every" default:"10" unit:"steps" min:"1" doc:"Optimizer steps between two lines of train_log.jsonl."`
	SaveEvery             int     `json:"save_every" default:"100" unit:"steps" min:"1" doc:"Optimizer steps between two training checkpoints; one is also kept at each epoch's end. A run that was cut off goes on from the last."`
	SaveMinutes           float64 `json:"save_minutes" default:"10" unit:"minutes" min:"0" doc:"Minutes after which a training checkpoint is written though save_every steps are not done yet: steps of a large model are slow. 0: by steps alone."`
}

// Validated are the settings of validation that stages of language models share.
type Validated struct {
	MaxVal int `json:"max_val" default:"10000" unit:"documents" min:"0" doc:"Documents of val on which the loss is measured, at each epoch's end; the same ones for one seed, chosen by the hash of their ids. 0: all."`
}

// PEFT names a trainable adapter in the words of the PEFT library.
type PEFT struct {
	Type          string   `json:"type" default:"lora" enum:"lora,none" doc:"Method. none: nothing beside the head is trained."`
	R             int      `json:"r" default:"8" min:"1" doc:"Rank of the update."`
	Alpha         float64  `json:"alpha" default:"16" doc:"The update is multiplied by alpha/r."`
	Dropout       float64  `json:"dropout" default:"0" min:"0" max:"1" doc:"Dropout on the input of the update."`
	TargetModules []string `json:"target_modules" default:"[\"q_proj\",\"v_proj\"]" doc:"Linear layers that get an update."`
}

const typeNone = "none"

// lora is the adapter's configuration in PEFT's file format; base is the folder
// of the base model, of which the name alone is told.
func (p PEFT) lora(task, base string) peft.Config {
	c := peft.Config{R: p.R, LoraAlpha: p.Alpha, LoraDropout: p.Dropout, TaskType: task, Score: task == peft.SeqCls, BaseModel: filepath.Base(base)}
	if p.Type != typeNone {
		c.TargetModules = p.TargetModules
	}
	return c
}
