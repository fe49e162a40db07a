package report

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// training is what the report shows of the trainings' logs.
type training struct {
	Perplexity []perplexity
	Alone      []figure      // of language models, and what belongs to no task
	Tasks      []taskFigures // validation of the variants, together
	Legend     []legendEntry // of the variants
}

// taskFigures are a task's figures of the variants' validation.
type taskFigures struct {
	Label   string
	Figures []figure
}

// trainingOf reads the logs and draws them, unless all is shown with the AUROCs of
// val to two digits: how many examples it has is not known here, and of few more
// digits would tell it.
func (t resultTable) trainingOf(ctx context.Context, logs []*dataset.Dataset, all bool) (training, error) {
	var shown training
	byTask := map[string][]runLog{}
	for _, d := range logs {
		p, err := perplexityOf(ctx, d)
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
		figure, err := r.figure()
		if err != nil {
			return shown, err
		}
		shown.Alone = append(shown.Alone, figure)
	}
	err := t.drawTasks(byTask, &shown)
	return shown, err
}

func (t resultTable) runOf(ctx context.Context, d *dataset.Dataset) (runLog, error) {
	r := runLog{step: stepName(d)}
	r.variant, r.task = t.placeOf(r.step)
	var err error
	r.lines, err = trainlog.Read(ctx, d)
	return r, err
}

// joins says whether a log can be drawn with the others of its task: it has one,
// was validated, and no other is of the same variant.
func (r runLog) joins(others []runLog) bool {
	same := func(other runLog) bool { return other.variant == r.variant }
	return r.task != "" && len(r.validations()) > 0 && !slices.ContainsFunc(others, same)
}

// placeOf finds the variant and the task of the metrics that a step trained, by the
// step's name: nothing in an adapter's manifest tells its task. The name holds
// both as whole words, as mor_lora does; of the variants that it holds the longest
// counts. Where the metrics hold one task the variant suffices.
func (t resultTable) placeOf(step string) (variant, task string) {
	words := wordsOf(step)
	for _, row := range t.variants() {
		if len(row.Name) > len(variant) && strings.Contains(words, wordsOf(row.Name)) {
			variant = row.Name
		}
	}
	if variant == "" {
		return "", ""
	}
	rest := strings.Replace(words, wordsOf(variant), "_", 1)
	for _, name := range t.Tasks {
		if strings.Contains(rest, wordsOf(name)) && len(name) > len(task) {
			task = name
		}
	}
	if task == "" && len(t.Tasks) == 1 {
		task = t.Tasks[0]
	}
	return variant, task
}

// wordsOf sets a name's words off by _, and the name itself.
func wordsOf(name string) string {
	return "_" + strings.NewReplacer("-", "_", ".", "_").Replace(name) + "_"
}

// drawTasks draws the validation of each task's variants.
func (t resultTable) drawTasks(byTask map[string][]runLog, shown *training) error {
	styles := t.styles()
	drawn := map[string]bool{}
	order := func(a, b runLog) int { return cmp.Compare(t.position(a.variant), t.position(b.variant)) }
	for _, task := range t.Tasks {
		logs := slices.SortedFunc(slices.Values(byTask[task]), order)
		if len(logs) == 0 {
			continue
		}
		figures, err := validationFigures(logs, taskLabel(task), styles)
		if err != nil {
			return err
		}
		shown.Tasks = append(shown.Tasks, taskFigures{taskLabel(task), figures})
		for _, r := range logs {
			drawn[r.variant] = true
		}
	}
	for _, row := range t.variants() {
		if drawn[row.Name] {
			shown.Legend = append(shown.Legend, styles[row.Name].legend(row.Name, ""))
		}
	}
	return nil
}

// position is a variant's place in the table.
func (t resultTable) position(variant string) int {
	return slices.IndexFunc(t.Rows, func(r resultRow) bool { return r.Name == variant })
}
