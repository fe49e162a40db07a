// Package card holds the gate before training: a stage that counts what training will be
// given, shows it as one page, and ends the run where it is not fit to be trained on; and
// one that lists equal texts.
package card

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// KindCard is the kind of the cards of tasks.
const KindCard = "card"

// The files of a card.
const (
	JSONFile = "card.json"
	HTMLFile = "card.html"
)

const portDuplicates = "duplicates"

func init() {
	texts, tokens := textsPort, examples.TokensPort
	texts.Optional, tokens.Optional = true, true
	texts.Doc += " Whole notes have none: bind their tokens alone, and of texts nothing is told but their number of tokens."
	tokens.Doc = "The tokens of the texts, in the same order, to count their lengths."
	stages.RegisterReduce(stages.Spec{
		Name:    "label.card",
		Version: 4,
		Doc: "Counts what training on a task will be given, before it begins: examples by split and label, the lengths of their texts, sections that are empty, equal texts, patients in two splits, texts of later than the index time, labels that a split has no example of. " +
			"Leaves card.json and card.html, one file without scripts or remote assets. Neither holds a text. Counts of one to nine, and what would give them away, are hidden unless small_cells says otherwise. " +
			"Where one of the limits is passed the step fails, with exit code 3, and names each; with enforce: false it leaves the card, which says so. " +
			"Of the recipe core on MIMIC-III the examples stand beside those of the paper's Table 1.",
		In: []stages.Port{
			texts, tokens, examples.LabelsPort, split.Port,
			{Name: portDuplicates, Kind: KindDuplicates, Optional: true, Doc: "The equal texts among them, by label.duplicates. Without it they are not looked for."},
		},
		Out: stages.Output{Kind: KindCard},
	}, newGate)
}

// Config is the configuration of label.card.
type Config struct {
	Limits
	Enforce    bool   `json:"enforce" default:"true" doc:"Whether a limit that is passed fails the step. With false the card is left all the same."`
	Title      string `json:"title,omitempty" doc:"Heading of the page. Left out, it names the task."`
	SmallCells string `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether counts of one to nine are told."`
}

type gate struct{ config Config }

func newGate(_ *stages.Environment, config Config) (stages.Reduce, error) { return gate{config}, nil }

func (g gate) shows() bool { return g.config.SmallCells == smallcell.Show }

// key is the one key of the accumulators.
const key = "card"

// Attributes say what task the examples are of.
func (gate) Attributes(ctx context.Context, in stages.Inputs) (map[string]any, error) {
	return examples.Attributes(taskOf(ctx, in))
}

// Accumulate counts the examples of a part.
func (g gate) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	of, _, err := task.Of(in.One(examples.LabelsPort.Name))
	switch {
	case err != nil:
		return err
	case len(given(in)) == 0:
		return errNoTexts
	}
	c, err := openCounting(ctx, in, part, of)
	if err != nil {
		return err
	}
	var met examples.Counts
	if err := eachExample(ctx, sourceOf(in), part, &met, c.add); err != nil {
		return err
	}
	addTo(c.sum.Join, met.ByName())
	value, err := json.Marshal(c.sum)
	emit(key, value)
	return err
}

// Merge adds up what was counted of the parts.
func (g gate) Merge(_ context.Context, in stages.Inputs, _ string, accumulators [][]byte) ([]byte, error) {
	sum, err := sumOf(in, accumulators)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sum)
}

// sumOf adds tallies up.
func sumOf(in stages.Inputs, values [][]byte) (*tally, error) {
	of, _, err := task.Of(in.One(examples.LabelsPort.Name))
	if err != nil {
		return nil, err
	}
	sum := newTally(of.NumLabels(), in.One(portDuplicates) != nil)
	for _, value := range values {
		var t tally
		if err := json.Unmarshal(value, &t); err != nil {
			return nil, fmt.Errorf("read a tally of examples: %w", err)
		}
		sum.add(&t)
	}
	return sum, nil
}

// Finish writes the card, unless a limit is passed.
func (g gate) Finish(ctx context.Context, in stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	of, err := taskOf(ctx, in)
	if err != nil {
		return err
	}
	sum, err := sumOf(in, stages.Values(results))
	if err != nil {
		return err
	}
	card := g.tell(of, sum)
	if err := refusal(of, card.Checks); g.config.Enforce && err != nil {
		return err
	}
	for name, n := range sum.Join {
		out.Count(name, n)
	}
	if card.Paper, err = paperOf(of); err != nil {
		return err
	}
	if card.Schema, err = schemaOf(ctx, in); err != nil {
		return err
	}
	html, err := card.html(g.config.Title, !g.shows())
	if err != nil {
		return err
	}
	return errors.Join(out.WriteJSON(JSONFile, card), out.WriteFile(HTMLFile, html))
}
