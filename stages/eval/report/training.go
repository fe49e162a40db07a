package report

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/trainlog"
	"github.com/clinflow/clinflow/task"
)

// training is what the report shows of the trainings' logs.
type training struct {
	Perplexity []perplexity
	Alone      []page.Figure // of language models, and what belongs to no task
	Tasks      []taskFigures // validation of the variants, together
}

// taskFigures are a task's figures of the variants' validation.
type taskFigures struct {
	Label   string
	Figures []page.Figure
}

// trainingOf reads the logs and draws them, unless all is shown with the AUROCs of
// val to two digits: how many examples it has is not known here, and of few more
// digits would tell it.
func (t resultTable) trainingOf(ctx context.Context, logs []*dataset.Dataset, all bool) (training, error) {
	var shown training
	var alone []runLog
	byTask := map[string][]runLog{}
	for _, d := range logs {
		p, err := perplexityOf(ctx, d, logs)
		if err != nil {
			return shown, err
		}
		if p != nil {
			shown.Perplexity = append(shown.Perplexity, *p)
		}
		r, err := t.runOf(ctx, d)
		if err != nil {
			return shown, err
		}
		if !all {
			r.round()
		}
		if r.joins(byTask[r.task]) {
			byTask[r.task] = append(byTask[r.task], r)
			continue
		}
		alone = append(alone, r)
	}
	for _, r := range alone {
		figure, err := r.figure(highest(alone, lossOf))
		if err != nil {
			return shown, err
		}
		shown.Alone = append(shown.Alone, figure)
	}
	err := t.drawTasks(byTask, &shown)
	return shown, err
}

// runLog is a training's log, and the variant and task of the metrics that it trained;
// both are empty where it trained no such thing, but a language model.
type runLog struct {
	step, task, variant string
	lines               []trainlog.Line
}

// runOf reads a log. The manifest tells the task and the variant.
func (t resultTable) runOf(ctx context.Context, d *dataset.Dataset) (r runLog, err error) {
	r.step = stages.StepName(d)
	of, _, err := task.Of(d)
	if err != nil {
		return r, err
	}
	variant, err := task.VariantOf(d)
	if err != nil {
		return r, err
	}
	if slices.Contains(t.Tasks, of.Name) && t.position(variant) >= 0 {
		r.task, r.variant = of.Name, variant
	}
	if !d.HasFile(trainlog.Name) {
		return r, exit.Errorf(exit.Usage, "port logs: %s has no log of a training; bind models and adapters that train.base, train.pretrain or train.finetune leaves", d.URI())
	}
	r.lines, err = trainlog.Read(ctx, d)
	return r, err
}

// validations are the lines of the split val, one an epoch.
func (r runLog) validations() []trainlog.Line {
	var lines []trainlog.Line
	for _, line := range r.lines {
		if line.Split == split.Val {
			lines = append(lines, line)
		}
	}
	return lines
}

// round leaves two digits of the AUROCs.
func (r runLog) round() {
	for _, line := range r.lines {
		if line.AUROC != nil {
			*line.AUROC = math.Round(100**line.AUROC) / 100
		}
	}
}

// joins says whether a log can be drawn with the others of its task: it has one,
// was validated, and no other is of the same variant.
func (r runLog) joins(others []runLog) bool {
	same := func(other runLog) bool { return other.variant == r.variant }
	return r.task != "" && len(r.validations()) > 0 && !slices.ContainsFunc(others, same)
}

// drawTasks draws the validation of each task's variants.
func (t resultTable) drawTasks(byTask map[string][]runLog, shown *training) error {
	styles := t.styles()
	high := 0.0
	for _, logs := range byTask {
		high = max(high, highest(logs, lossOf))
	}
	order := func(a, b runLog) int { return cmp.Compare(t.position(a.variant), t.position(b.variant)) }
	for _, name := range t.Tasks {
		logs := slices.SortedFunc(slices.Values(byTask[name]), order)
		if len(logs) == 0 {
			continue
		}
		top := logs[0].variant
		if row, found := t.top(name); found && slices.ContainsFunc(logs, func(r runLog) bool { return r.variant == row.Name }) {
			top = row.Name
		}
		figures, err := validationFigures(logs, taskLabel(name), top, styles[top], high)
		if err != nil {
			return err
		}
		shown.Tasks = append(shown.Tasks, taskFigures{taskLabel(name), figures})
	}
	return nil
}

// position is a variant's place in the table, -1 where it has none.
func (t resultTable) position(variant string) int {
	return slices.IndexFunc(t.Rows, func(r resultRow) bool { return r.Name == variant && !r.Beside })
}
