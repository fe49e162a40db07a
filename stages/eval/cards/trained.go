package cards

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset"
)

// method is how an adapter adapts, in PEFT's words.
type method struct {
	Type string `json:"type"` // none: the head alone; full: all weights
}

// setting is a key of a configuration.
type setting struct{ Key, Value string }

// trained are the settings that an adapter was trained with, but those of the machine's
// work and paths of it.
func trained(adapter *dataset.Dataset) (method, []setting, error) {
	var of struct {
		PEFT method `json:"peft"`
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(adapter.Manifest.Config, &all); err != nil {
		return method{}, nil, fmt.Errorf("%s: read the configuration in its manifest: %w", adapter.URI(), err)
	}
	if err := json.Unmarshal(adapter.Manifest.Config, &of); err != nil {
		return method{}, nil, fmt.Errorf("%s: read the configuration in its manifest: %w", adapter.URI(), err)
	}
	var list []setting
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains([]string{"base", "log_every", "save_every", "save_minutes", "gradient_checkpointing"}, key) {
			list = append(list, setting{key, string(all[key])})
		}
	}
	return of.PEFT, list, nil
}

// methodNames are the methods in a sentence, by their types.
var methodNames = map[string]string{
	"none": "A classification head", "full": "All weights, with a classification head,", "lora": "A LoRA adapter with a classification head",
	"prompt": "A soft prompt with a classification head", "prefix": "A prefix with a classification head",
	"ptuning": "A prompt of P-tuning with a classification head", "adaption": "Adaption prompts with a classification head",
}

// Name is the method's in a sentence.
func (m method) Name() string {
	return cmp.Or(methodNames[m.Type], "An adapter of type "+m.Type+" with a classification head")
}

// Library is the one that loads the files.
func (m method) Library() string {
	if m.Type == "full" {
		return "transformers"
	}
	return "peft"
}
