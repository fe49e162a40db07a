package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/textio"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
)

// A whole model takes the place of an adapter where all weights of the base are trained.
// Its folder has the config.json of the base instead of an adapter_config.json.

// wholeConfigName is the configuration of a whole model.
const wholeConfigName = "config.json"

// classifierSuffix ends the names of transformers' classes of classifiers.
const classifierSuffix = "ForSequenceClassification"

// ConfigIn is the configuration's name among the files of an adapter's folder, a whole
// model's where that is there in place of an adapter.
func ConfigIn(has func(name string) bool) string {
	if !has(ConfigName) && has(wholeConfigName) {
		return wholeConfigName
	}
	return ConfigName
}

func isWhole(dir string) bool {
	return ConfigIn(func(name string) bool { return exists(filepath.Join(dir, name)) }) == wholeConfigName
}

// whole is the kind of method that leaves a whole model.
func whole() (Kind, bool) {
	for _, k := range byPEFTType {
		if k.Whole {
			return k, true
		}
	}
	return Kind{}, false
}

// readWhole reads the configuration of a whole model.
func readWhole(dir string) (Config, error) {
	path := filepath.Join(dir, wholeConfigName)
	keys, err := readKeys(path)
	if err != nil {
		return Config{}, err
	}
	kind, ok := whole()
	if !ok {
		return Config{}, exit.Errorf(exit.Usage, "%s: is a whole model, and no method is known that leaves one; give a PEFT adapter", dir)
	}
	c := Config{PEFTType: kind.PEFTType, Method: kind.Read(nil), TaskType: CausalLM}
	var classes []string
	if json.Unmarshal(keys["architectures"], &classes) != nil || len(classes) != 1 {
		return Config{}, exit.Errorf(exit.BadData, "%s: architectures: must name one class; save the model again by save_pretrained", path)
	}
	if strings.HasSuffix(classes[0], classifierSuffix) {
		c.TaskType, c.ModulesToSave = SeqCls, slices.Clone(headModules)
	}
	return c, nil
}

func readKeys(path string) (keys map[string]json.RawMessage, err error) {
	data, err := textio.Whole(path)
	if err != nil {
		return nil, fmt.Errorf("read adapter: %w", err)
	}
	if err := jsonfile.Unmarshal(data, &keys); err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %w", path, err)
	}
	return keys, nil
}

// WriteClassifier writes the base's config.json as that of transformers' class of
// classifiers of so many labels; 0: as it is.
func (b Base) WriteClassifier(w io.Writer, labels int) error {
	keys, err := b.keys()
	if err != nil {
		return err
	}
	var classes []string
	if err := json.Unmarshal(keys["architectures"], &classes); err != nil || len(classes) != 1 {
		return errors.Join(errors.New("architectures: is not one class"), err)
	}
	out := map[string]any{}
	for key, value := range keys {
		out[key] = value
	}
	if labels > 0 {
		family, _, _ := strings.Cut(strings.TrimSuffix(classes[0], "Model"), "For")
		out["architectures"] = []string{family + classifierSuffix}
		out["id2label"], out["label2id"] = labelNames(labels)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// keys are those of the base's config.json.
func (b Base) keys() (keys map[string]json.RawMessage, err error) {
	var text strings.Builder
	if err := b.WriteConfig(&text); err != nil {
		return nil, err
	}
	return keys, json.Unmarshal([]byte(text.String()), &keys)
}

// labelNames are transformers' own names of labels.
func labelNames(n int) (id2label map[string]string, label2id map[string]int) {
	id2label, label2id = map[string]string{}, map[string]int{}
	for i := range n {
		name := fmt.Sprint("LABEL_", i)
		id2label[fmt.Sprint(i)], label2id[name] = name, i
	}
	return id2label, label2id
}

// sameAs refuses a whole model of another configuration than the base's.
func (b Base) sameAs(dir string) error {
	path := filepath.Join(dir, wholeConfigName)
	theirs, err := readKeys(path)
	if err != nil {
		return err
	}
	ours, err := b.keys()
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		raw, told := theirs[key]
		if !told || key == "architectures" || key == "torch_dtype" {
			continue
		}
		var a, of any
		if json.Unmarshal(raw, &a) != nil || json.Unmarshal(ours[key], &of) != nil || !reflect.DeepEqual(a, of) {
			return exit.Errorf(exit.BadData, "%s: %s: is another than the base model's; give the base of its training", path, key)
		}
	}
	return nil
}

// Whole says whether the adapter is a whole model, in place of the base.
func (a *Adapter) Whole() bool { return byPEFTType[a.Config.PEFTType].Whole }

// wholeFiles are those of a whole model.
func (a *Adapter) wholeFiles() []checkpoint.File {
	labels := 0
	if a.Head != nil {
		labels = a.Head.Weight.Shape()[0]
	}
	return []checkpoint.File{
		{Name: wholeConfigName, Write: func(w io.Writer) error { return a.base.WriteClassifier(w, labels) }},
		{Name: checkpoint.SafetensorsName, Write: a.tensors.write},
	}
}
