package train

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// Sizing is a row of a table of parameters.
type Sizing struct{ Base, Method, PEFT string }

// llama7B is the shape of LLaMA-7B (Touvron et al. 2023, arXiv:2302.13971, table 2) and of
// PMC-LLaMA-7B, which was trained further from it.
var llama7B = llama.Config{
	HiddenSize: 4096, IntermediateSize: 11008, NumHiddenLayers: 32, NumAttentionHeads: 32, NumKeyValueHeads: 32, HeadDim: 128,
	VocabSize: 32000, MaxPositionEmbeddings: 2048, RMSNormEps: 1e-6, RopeTheta: 10000,
}

// PaperSizings are the rows of the paper's Table 2, with the settings that give its
// numbers of trainable parameters.
var PaperSizings = []Sizing{
	{"LLaMA", "LoRA", "{type: lora, r: 16}"},
	{"LLaMA", "Adaptation Prompt", "{type: adaption_prompt, adapter_len: 10, adapter_layers: 30}"},
	{"LLaMA", "Prefix Tuning", "{type: prefix_tuning, num_virtual_tokens: 20}"},
	{"LLaMA", "Prompt Tuning", "{type: prompt_tuning, num_virtual_tokens: 15}"},
	{"LLaMA", "P-tuning", "{type: p_tuning, num_virtual_tokens: 20, encoder_reparameterization_type: LSTM, encoder_hidden_size: 256, encoder_num_layers: 4}"},
	{"PMC-LLaMA", "LoRA", "{type: lora, r: 4}"},
	{"PMC-LLaMA", "Adaptation Prompt", "{type: adaption_prompt, adapter_len: 10, adapter_layers: 30}"},
	{"PMC-LLaMA", "Prefix Tuning", "{type: prefix_tuning, num_virtual_tokens: 10}"},
	{"PMC-LLaMA", "Prompt Tuning", "{type: prompt_tuning, num_virtual_tokens: 10}"},
	{"PMC-LLaMA", "P-tuning", "{type: p_tuning, num_virtual_tokens: 1, encoder_reparameterization_type: MLP, encoder_hidden_size: 256}"},
}

// Counted writes a table of rows for a base model, the shape of LLaMA-7B where it is "",
// whose head has so many labels, 0 for a language model. resolve reads a row's PEFT.
func Counted(to io.Writer, base string, labels int, rows []Sizing, resolve func(peft string) (adapter.PEFT, error)) error {
	config, taskType := model.Config(llama7B), adapter.CausalLM
	if base != "" {
		var err error
		if config, err = model.ReadConfig(base); err != nil {
			return err
		}
	}
	if labels > 0 {
		taskType = adapter.SeqCls
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "base\tmethod\ttrainable parameters\tof all\tpeft")
	for _, row := range rows {
		peft, err := resolve(row.PEFT)
		if err != nil {
			return err
		}
		n, err := model.Count(config, peft.Config(taskType, base), labels)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.4f%%\t%s\n", row.Base, row.Method, humanize.Comma(n.Trainable), 100*float64(n.Trainable)/float64(n.All), row.PEFT)
	}
	return w.Flush()
}
