package cards

import (
	"context"
	"errors"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/card"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/task"
)

// modelContent is what README.md.tmpl shows.
type modelContent struct {
	Terms       terms
	BaseModel   string
	Base        []string // sha256 and name of its files
	Task        task.Task
	Variant     string
	Sources     []source
	Method      method
	Training    []setting
	Split       string // that was measured
	Score       eval.TaskScore
	Baseline    *eval.TaskScore
	Replicates  *eval.IntervalSettings
	Groups      []subgroups.Attribute
	Card        *card.Card
	BaseUnknown bool            // whom the base was trained on
	Shared      smallcell.Count // patients in more than one split
	Kernel      string
	Revision    string
}

func (m modelCard) content(ctx context.Context, in stages.Inputs) (c modelContent, err error) {
	d := in.One(portAdapter)
	of, told, err := task.Of(d)
	if err != nil {
		return c, err
	}
	variant, err := task.VariantOf(d)
	if err != nil {
		return c, err
	}
	if !told || of.Kind == task.LanguageModeling || variant == "" {
		return c, exit.Errorf(exit.Usage, "%s: port %s: a model card is of an adapter that train.finetune leaves", d.URI(), portAdapter)
	}
	c = modelContent{Terms: termsOf(m.config.Data), BaseModel: m.config.BaseModel, Task: of, Variant: variant, Sources: sourcesOf(of.Release), BaseUnknown: d.Manifest.Counts["unknown_training_patients"] > 0, Kernel: d.Manifest.Kernel, Revision: d.Manifest.Revision}
	if c.Method, c.Training, err = trained(d); err != nil {
		return c, err
	}
	if d.HasFile(leakage.BaseName) {
		sums, err := d.ReadFile(ctx, leakage.BaseName)
		if err != nil {
			return c, err
		}
		c.Base = strings.Split(strings.TrimSpace(string(sums)), "\n")
	}
	return c, errors.Join(c.measured(ctx, in), c.counted(ctx, in))
}

// measured adds what was measured of the adapter.
func (c *modelContent) measured(ctx context.Context, in stages.Inputs) error {
	var metrics eval.Metrics
	if err := in.One(portMetrics).ReadJSON(ctx, eval.MetricsName, &metrics); err != nil {
		return err
	}
	scores, ok := metrics.Variants[c.Variant]
	if ok {
		c.Score, ok = scores.Tasks[c.Task.Name]
	}
	if !ok {
		return exit.Errorf(exit.Usage, "port %s: %s has nothing of the variant %s of task %s; measure its predictions", portMetrics, in.One(portMetrics).URI(), c.Variant, c.Task.Name)
	}
	c.Split, c.Replicates, c.Shared = metrics.Split, metrics.Interval, metrics.Tasks[c.Task.Name].SharedPatients
	if metrics.Baseline != nil {
		if score, ok := metrics.Baseline.Tasks[c.Task.Name]; ok {
			c.Baseline = &score
		}
	}
	if in.One(portSubgroups) == nil {
		return nil
	}
	var told subgroups.Result
	err := in.One(portSubgroups).ReadJSON(ctx, subgroups.FileName, &told)
	c.Groups = told.Variants[c.Variant][c.Task.Name]
	return err
}

// counted adds what was counted of what the adapter was trained on.
func (c *modelContent) counted(ctx context.Context, in stages.Inputs) error {
	all, err := cardsOf(ctx, in)
	for i := range all {
		if all[i].Task == c.Task.Name {
			c.Card = &all[i]
		}
	}
	return err
}

// cardsOf are what label.card counted.
func cardsOf(ctx context.Context, in stages.Inputs) (all []card.Card, err error) {
	for _, d := range in[portCards] {
		var c card.Card
		err = errors.Join(err, d.ReadJSON(ctx, card.JSONFile, &c))
		all = append(all, c)
	}
	return all, err
}
