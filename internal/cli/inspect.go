package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/clinflow/clinflow/internal/textio"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/tokenize"
	"github.com/clinflow/clinflow/stages/train"
)

func newInspect(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "Look into a tokenizer, a model or the AUROC, from standard input to standard output",
		Args:  noSuchCommand,
		RunE:  help,
	}
	cmd.AddCommand(newInspectEncode(), newInspectLogits(s), newInspectGenerate(s), newInspectAUROC())
	return cmd
}

// standardInput is text that ends when the command is interrupted, though nobody
// closes it.
func standardInput(cmd *cobra.Command) io.Reader {
	return textio.SkipMark(textio.Interruptible(cmd.Context(), cmd.InOrStdin()))
}

func newInspectEncode() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "encode --tokenizer DIR",
		Short: "A JSON string a line → a JSON array of token ids a line, without BOS",
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return tokenize.EncodeLines(cmd.Context(), folder, standardInput(cmd), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&folder, "tokenizer", "", "Hugging Face folder of a tokenizer")
	_ = cmd.MarkFlagRequired("tokenizer")
	return cmd
}

// modelFlags name a model and the adapters added to it.
type modelFlags struct {
	model    string
	adapters []string
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.model, "model", "", "Hugging Face folder of the model, or random:PATH of a config.json")
	cmd.Flags().StringArrayVar(&f.adapters, "adapter", nil, "PEFT adapter folder; may be repeated, the updates add up")
	_ = cmd.MarkFlagRequired("model")
}

func newInspectLogits(s *settings) *cobra.Command {
	var f modelFlags
	cmd := &cobra.Command{
		Use:   "logits --model DIR",
		Short: "A JSON array of token ids a line → a JSON array of arrays of logits a line",
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return train.LogitsLines(cmd.Context(), s.env, f.model, f.adapters, standardInput(cmd), cmd.OutOrStdout())
		},
	}
	f.add(cmd)
	return cmd
}

func newInspectGenerate(s *settings) *cobra.Command {
	var f modelFlags
	var steps int
	cmd := &cobra.Command{
		Use:   "generate --model DIR",
		Short: "Let a model write from BOS on, always the likeliest token",
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := train.GenerateText(cmd.Context(), s.env, f.model, f.adapters, steps)
			if err != nil {
				return err
			}
			// The text and nothing else, but for a person a line end.
			if isatty.IsTerminal(os.Stdout.Fd()) {
				text += "\n"
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), text)
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().IntVar(&steps, "steps", 100, "tokens to write at most")
	return cmd
}

func newInspectAUROC() *cobra.Command {
	return &cobra.Command{
		Use:   "auroc",
		Short: "CSV rows label,score → their exact AUROC",
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return eval.InspectAUROC(standardInput(cmd), cmd.OutOrStdout())
		},
	}
}
