// Package full is full fine-tuning: all weights of the base are trained, in a copy. PEFT
// has no such method; what is left is a model folder as transformers saves it, which
// AutoModelForSequenceClassification, or AutoModelForCausalLM, loads.
package full

import "github.com/clinflow/clinflow/stages/train/adapter"

// Type is the method's name in a DAG file.
const Type = "full"

func init() {
	adapter.Register[Settings](adapter.Kind{PEFTType: "FULL", Types: []string{Type}, Whole: true, Read: func(*adapter.Keys) adapter.MethodConfig { return Config{} }})
}

// Settings are the method's keys of `peft` in a DAG file: none.
type Settings struct{}

// Method implements adapter.Settings.
func (Settings) Method(string) adapter.MethodConfig { return Config{} }

// Config is a full fine-tuning.
type Config struct{}

// Check implements adapter.MethodConfig.
func (Config) Check(bool) error { return nil }

// Keys implements adapter.MethodConfig: there is no adapter_config.json.
func (Config) Keys() map[string]any { return nil }

// Build implements adapter.MethodConfig. transformers' class of classifiers has no head of
// a language model, which is left out where it is not the embedding's table.
func (Config) Build(t *adapter.Tensors, base adapter.Base) (adapter.Method, error) {
	for _, p := range base.Params {
		if p != base.LanguageHead || base.Tied || !base.Saved(base.Head.Name) {
			t.Copy(p.Name(), p)
		}
	}
	return copied{}, nil
}

// copied is the method of a base that is replaced by a copy.
type copied struct{ adapter.Unchanged }

// Merge implements adapter.Merger: the weights are the copy's already.
func (copied) Merge(adapter.Layer, []float32) (bool, error) { return false, nil }
