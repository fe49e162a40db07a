package cli

import (
	"cmp"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train"
	"github.com/clinflow/clinflow/stages/train/adapter"
)

func newParams() *cobra.Command {
	var base, peft string
	var labels int
	cmd := &cobra.Command{
		Use:   "params",
		Short: "Count the trainable parameters of a model and an adapter; without flags the ten of the paper's Table 2",
		Example: `  clinflow params
  clinflow params --base /models/llama-7b --peft '{type: lora, r: 8, target_modules: [q_proj, v_proj]}' --labels 2`,
		Args: asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if labels < 0 {
				return exit.Errorf(exit.Usage, "--labels: is %d, must be 0 or more", labels)
			}
			rows := train.PaperSizings
			if peft != "" || base != "" || labels > 0 {
				rows = []train.Sizing{{Base: cmp.Or(base, "LLaMA-7B"), Method: "as given", PEFT: cmp.Or(peft, "{}")}}
			}
			return train.Counted(cmd.OutOrStdout(), base, labels, rows, func(peft string) (p adapter.PEFT, err error) {
				resolved, err := dags.Resolve("--peft", []byte(peft), p.Fields())
				if err != nil {
					return p, err
				}
				return p, json.Unmarshal(resolved, &p)
			})
		},
	}
	cmd.Flags().StringVar(&base, "base", "", "Hugging Face folder of the base model, or random: and the path of a config.json; left out, the shape of LLaMA-7B")
	cmd.Flags().StringVar(&peft, "peft", "", "the key peft of a DAG file, such as '{type: lora, r: 16}'")
	cmd.Flags().IntVar(&labels, "labels", 0, "labels of a classification head; 0: a language model")
	return cmd
}
