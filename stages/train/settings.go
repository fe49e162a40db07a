package train

import (
	"path/filepath"

	"github.com/clinflow/clinflow/stages/train/peft"
)

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
