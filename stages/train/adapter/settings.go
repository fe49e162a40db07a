package adapter

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/clinflow/clinflow/stages"
)

// defaultType is the method of a step that names none.
const defaultType = "lora"

// PEFT is the key `peft` of a stage: a new adapter in the words of the PEFT library. Its
// keys are `type` and those of the method that it names.
type PEFT struct {
	Type          string   // a registered name
	ModulesToSave []string // modules of the base that are trained along
	method        MethodConfig
	given         json.RawMessage
}

// modulesToSave is the key of all methods that copy modules of the base.
var modulesToSave = stages.Field{
	Key: "modules_to_save", Type: reflect.TypeFor[[]string](),
	Doc: "Modules of the base of which the adapter trains and keeps a copy, by the ends of their names, such as embed_tokens, lm_head or norm. A head is trained in any case.",
}

// Fields implements stages.Chooser.
func (PEFT) Fields() stages.Fields {
	fields := stages.Fields{{
		Key: stages.ChooserKey, Type: reflect.TypeFor[string](), Default: defaultType, Enum: names(byType),
		Doc: "Method; none, for train.finetune alone, is no new adapter.",
	}}
	saving := modulesToSave
	for _, name := range names(byPEFTType) {
		kind := byPEFTType[name]
		for _, f := range kind.fields {
			f.When = kind.Types
			fields = append(fields, f)
		}
		if kind.Copies {
			saving.When = append(saving.When, kind.Types...)
		}
	}
	return append(fields, saving)
}

// UnmarshalJSON reads the resolved keys.
func (p *PEFT) UnmarshalJSON(data []byte) error {
	var chosen struct {
		Type          string   `json:"type"`
		ModulesToSave []string `json:"modules_to_save"`
	}
	if err := json.Unmarshal(data, &chosen); err != nil {
		return err
	}
	kind, ok := byType[chosen.Type]
	if !ok {
		return fmt.Errorf("type: is %q, must be one of %s", chosen.Type, strings.Join(names(byType), ", "))
	}
	var err error
	p.Type, p.ModulesToSave, p.given = chosen.Type, chosen.ModulesToSave, append(json.RawMessage{}, data...)
	p.method, err = kind.decode(chosen.Type, data)
	return err
}

// MarshalJSON writes the keys as they were read.
func (p PEFT) MarshalJSON() ([]byte, error) {
	if p.given == nil {
		return []byte("null"), nil
	}
	return p.given, nil
}

// Config is the configuration of a new adapter for a task type over the base model of a
// folder, of which the name alone is told.
func (p PEFT) Config(taskType, base string) Config {
	return Config{PEFTType: byType[p.Type].PEFTType, Method: p.method, TaskType: taskType, ModulesToSave: p.ModulesToSave, BaseModel: filepath.Base(base)}
}
