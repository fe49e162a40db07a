package cli

import (
	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train"
)

const mergeLong = `Write a model folder with adapters merged into the weights.

What is written computes without adapters what the model computes with them, and is
loaded by transformers: as a classifier where an adapter has a head. Weights are
float32. LoRA and what is trained whole can be merged; prompts and prefixes cannot. A
merge that changes nothing is an error.

The merged weights are as confidential as the adapters, and train_patients.bin says
whom they were trained on: as a base, the folder is refused for val and test patients
among them.

The folder must be empty, or not there yet.`

func newMerge(s *settings) *cobra.Command {
	var f modelFlags
	var out string
	cmd := &cobra.Command{
		Use:   "merge --model DIR --adapter DIR --out DIR",
		Short: "Merge adapters into a base model's weights and write a Hugging Face folder",
		Long:  mergeLong,
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(f.adapters) == 0 {
				return exit.Errorf(exit.Usage, "--adapter: is missing; give the adapter's folder, or several")
			}
			return intoEmpty(cmd.Context(), out, func(dir store.Dir) error {
				return train.Merge(cmd.Context(), s.env, f.model, f.adapters, dir.URI())
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&out, "out", "", "folder to write")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}
