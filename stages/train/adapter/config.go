package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/jsonfile"
	"github.com/clinflow/clinflow/internal/textio"
)

// The files of an adapter folder.
const (
	ConfigName  = "adapter_config.json"
	WeightsName = "adapter_model.safetensors"
)

// The task types of PEFT that are used.
const (
	CausalLM = "CAUSAL_LM"
	SeqCls   = "SEQ_CLS"
)

// headModules are the names of classification heads: PEFT lists both whatever the model.
var headModules = []string{"score", "classifier"}

// harmless are settings of every method that do not matter to what a finished adapter
// computes.
var harmless = []string{"auto_mapping", "inference_mode", "peft_version", "revision"}

// Config is an adapter_config.json.
type Config struct {
	PEFTType      string       // of the method: the name it is registered by
	Method        MethodConfig // the method's own keys
	TaskType      string       // CausalLM or SeqCls
	ModulesToSave []string     // a classification head, and modules of the base, that are saved along
	BaseModel     string       // base_model_name_or_path
}

// saves says whether a module of that name is saved along.
func (c Config) saves(head string) bool { return slices.Contains(c.ModulesToSave, head) }

// hasHead says whether a classification head is saved along.
func (c Config) hasHead() bool { return slices.ContainsFunc(headModules, c.saves) }

// Write writes adapter_config.json: sorted keys, as PEFT writes them.
func (c Config) Write(w io.Writer) error {
	keys := map[string]any{
		"peft_type": c.PEFTType, "task_type": c.TaskType, "inference_mode": true,
		"modules_to_save": c.ModulesToSave, "base_model_name_or_path": nil,
	}
	if c.BaseModel != "" {
		keys["base_model_name_or_path"] = c.BaseModel
	}
	for key, value := range c.Method.Keys() {
		keys[key] = value
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(keys)
}

// ReadConfig reads the adapter_config.json of a folder, or what a whole model in its
// place says. What this program cannot compute is exit.BadData naming the key: an adapter
// that is applied in part gives wrong results.
func ReadConfig(dir string) (Config, error) {
	if isWhole(dir) {
		return readWhole(dir)
	}
	path := filepath.Join(dir, ConfigName)
	data, err := textio.Whole(path)
	if inner, _ := filepath.Glob(filepath.Join(dir, "*", ConfigName)); errors.Is(err, fs.ErrNotExist) && len(inner) > 0 {
		return Config{}, exit.Errorf(exit.Usage, "%s: has no %s, but %s is there; give the folder of one adapter", dir, ConfigName, inner[0])
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return Config{}, exit.Errorf(exit.Usage, "%s: has no %s; give the folder of a PEFT adapter", dir, ConfigName)
	}
	if err != nil {
		return Config{}, fmt.Errorf("read adapter: %w", err)
	}
	c, err := ParseConfig(data)
	if err != nil {
		return Config{}, exit.Errorf(exit.BadData, "%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig reads the text of an adapter_config.json.
func ParseConfig(data []byte) (Config, error) {
	k := &Keys{}
	if err := jsonfile.Unmarshal(data, &k.left); err != nil {
		return Config{}, err
	}
	var c Config
	k.Get("peft_type", &c.PEFTType)
	method, ok := byPEFTType[c.PEFTType]
	if !ok || method.Whole {
		return Config{}, fmt.Errorf("peft_type: is %q; supported: %s", c.PEFTType, strings.Join(peftTypes(), ", "))
	}
	c.Method = method.Read(k)
	k.Get("task_type", &c.TaskType)
	k.Get("base_model_name_or_path", &c.BaseModel)
	k.Get("modules_to_save", &c.ModulesToSave)
	c.nameTask()
	k.Harmless(harmless...)
	k.refuseUnknown()
	if k.err != nil {
		return Config{}, k.err
	}
	return c, c.Check()
}

// peftTypes are those of methods whose files are an adapter's.
func peftTypes() []string {
	return slices.DeleteFunc(names(byPEFTType), func(name string) bool { return byPEFTType[name].Whole })
}

// nameTask says what an adapter without a task type is for. PEFT takes the type
// for choosing its wrapper alone: the tensors and what they compute are the same.
func (c *Config) nameTask() {
	switch {
	case c.TaskType != "":
	case c.hasHead():
		c.TaskType = SeqCls
	default:
		c.TaskType = CausalLM
	}
}

// Check says whether the settings can be computed with.
func (c Config) Check() error {
	if err := c.Method.Check(c.hasHead()); err != nil {
		return err
	}
	switch {
	case c.TaskType != CausalLM && c.TaskType != SeqCls:
		return fmt.Errorf("task_type: is %q, must be %s or %s", c.TaskType, CausalLM, SeqCls)
	case c.hasHead() && c.TaskType != SeqCls:
		return fmt.Errorf("modules_to_save: a head (%s) goes with task_type %s", strings.Join(headModules, " or "), SeqCls)
	case len(c.copied()) > 0 && !byPEFTType[c.PEFTType].Copies:
		return fmt.Errorf("modules_to_save: %q cannot be saved along with a method of peft_type %s, only %s", c.copied()[0], c.PEFTType, strings.Join(headModules, " or "))
	}
	return nil
}
