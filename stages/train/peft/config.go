package peft

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
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

// scoreModule is the head of LlamaForSequenceClassification.
const scoreModule = "score"

// noModules is PEFT's own name for an adapter that targets no layer: a head alone.
const noModules = "dummy-target-modules"

// Config is a LoRA adapter's configuration, with the names of PEFT's LoraConfig.
type Config struct {
	R             int      // rank
	LoraAlpha     float64  // the update is multiplied by LoraAlpha/R
	LoraDropout   float64  // on the update's input, while training
	TargetModules []string // ends of linear layers' names; none: a head alone
	Score         bool     // a classification head is saved along
	TaskType      string   // CausalLM or SeqCls
	BaseModel     string   // base_model_name_or_path
}

// Scale is what an update is multiplied by.
func (c Config) Scale() float64 { return c.LoraAlpha / float64(c.R) }

// file is what is written: sorted keys, as PEFT writes them. All other settings
// of LoraConfig have their defaults.
type file struct {
	BaseModel      *string  `json:"base_model_name_or_path"`
	Bias           string   `json:"bias"`
	FanInFanOut    bool     `json:"fan_in_fan_out"`
	InferenceMode  bool     `json:"inference_mode"`
	InitLora       bool     `json:"init_lora_weights"`
	LoraAlpha      float64  `json:"lora_alpha"`
	LoraDropout    float64  `json:"lora_dropout"`
	ModulesToSave  []string `json:"modules_to_save"`
	PeftType       string   `json:"peft_type"`
	R              int      `json:"r"`
	TargetModules  any      `json:"target_modules"`
	TaskType       string   `json:"task_type"`
	UseDora        bool     `json:"use_dora"`
	UseRankScaling bool     `json:"use_rslora"`
}

// Write writes adapter_config.json.
func (c Config) Write(w io.Writer) error {
	out := file{
		Bias: "none", InferenceMode: true, InitLora: true, PeftType: "LORA",
		LoraAlpha: c.LoraAlpha, LoraDropout: c.LoraDropout, R: c.R, TaskType: c.TaskType,
	}
	if c.BaseModel != "" {
		out.BaseModel = &c.BaseModel
	}
	out.TargetModules = slices.Sorted(slices.Values(c.TargetModules))
	if len(c.TargetModules) == 0 {
		out.TargetModules = noModules
	}
	if c.Score {
		out.ModulesToSave = []string{scoreModule}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// ReadConfig reads the adapter_config.json of a folder. What this program cannot
// compute is exit.BadData naming the key: an adapter that is applied in part
// gives wrong results.
func ReadConfig(dir string) (Config, error) {
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
	c, err := parseConfig(data)
	if err != nil {
		return Config{}, exit.Errorf(exit.BadData, "%s: %w", path, err)
	}
	return c, nil
}

func parseConfig(data []byte) (Config, error) {
	var keys map[string]json.RawMessage
	if err := jsonfile.Unmarshal(data, &keys); err != nil {
		return Config{}, err
	}
	r := &reader{keys: keys}
	c := Config{R: 8, LoraAlpha: 8} // LoraConfig's defaults
	r.checkType()
	r.number("r", &c.R)
	r.number("lora_alpha", &c.LoraAlpha)
	r.get("lora_dropout", &c.LoraDropout)
	r.get("task_type", &c.TaskType)
	r.get("base_model_name_or_path", &c.BaseModel)
	c.TargetModules = r.targets()
	c.Score = r.score()
	c.nameTask()
	r.refuseUnsupported()
	if r.err != nil {
		return Config{}, r.err
	}
	return c, c.Check()
}

// nameTask says what an adapter without a task type is for. PEFT takes the type
// for choosing its wrapper alone: the tensors and what they compute are the same.
func (c *Config) nameTask() {
	switch {
	case c.TaskType != "":
	case c.Score:
		c.TaskType = SeqCls
	default:
		c.TaskType = CausalLM
	}
}

// Check says whether the settings can be computed with.
func (c Config) Check() error {
	switch {
	case c.R < 1:
		return fmt.Errorf("r: is %d, must be at least 1", c.R)
	case math.IsNaN(c.LoraAlpha) || math.IsInf(c.LoraAlpha, 0):
		return errors.New("lora_alpha: must be a finite number")
	case !(c.LoraDropout >= 0 && c.LoraDropout < 1):
		return fmt.Errorf("lora_dropout: is %g, must be in [0, 1)", c.LoraDropout)
	case c.TaskType != CausalLM && c.TaskType != SeqCls:
		return fmt.Errorf("task_type: is %q, must be %s or %s", c.TaskType, CausalLM, SeqCls)
	case c.Score && c.TaskType != SeqCls:
		return fmt.Errorf("modules_to_save: a score head goes with task_type %s", SeqCls)
	case len(c.TargetModules) == 0 && !c.Score:
		return errors.New("target_modules: must name at least one layer where no head is saved")
	}
	return nil
}
