package train

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/bagofwords"
)

// fitted is a fitted bag of words.
type fitted struct {
	models []bagofwords.Model
	// constant counts classes and labels whose logit is their prior.
	constant int
	// outputs turns the models' scores for a row into a logit for each class.
	outputs func(scores []float64) []float64
}

func (f fitted) logits(x *bagofwords.Matrix, row int) []float32 {
	var scores []float64
	for _, m := range f.models {
		scores = append(scores, m.Scores(x, row)...)
	}
	if f.outputs != nil {
		scores = f.outputs(scores)
	}
	logits := make([]float32, len(scores))
	for i, s := range scores {
		logits[i] = float32(s)
	}
	return logits
}

// note says in the manifest what the fits came to.
func (f fitted) note(out *dataset.Writer) {
	unconverged := 0
	for _, m := range f.models {
		if !m.Converged {
			unconverged++
		}
	}
	out.Count("constant_logits", int64(f.constant))
	out.Count("unconverged_fits", int64(unconverged))
}

// regressions are the fits of a task's train split.
type regressions struct {
	ctx context.Context
	bagofwords.Regression
	x       *bagofwords.Matrix
	train   examples.Rows
	weights []float64 // of the rows
}

// having fits the logit of a row being positive.
func (r regressions) having(positive func(row examples.Example) bool) (bagofwords.Model, error) {
	is := make([]bool, len(r.train))
	for i, row := range r.train {
		is[i] = positive(row)
	}
	m, err := r.Binary(r.ctx, r.x, is, r.weights)
	return m, r.interrupted(err)
}

func (r regressions) interrupted(err error) error {
	if r.ctx.Err() != nil {
		return exit.Errorf(exit.Interrupted, "train.baseline: stopped: %w", context.Cause(r.ctx))
	}
	return err
}

// binary gives two classes the logits 0 and z.
func (r regressions) binary() (fitted, error) {
	m, err := r.having(func(row examples.Example) bool { return row.Label == 1 })
	return fitted{[]bagofwords.Model{m}, constants(m), func(z []float64) []float64 { return []float64{0, z[0]} }}, err
}

// labels fits each label by itself, side by side.
func (r regressions) labels(n, workers int, bar *progress.Task) (fitted, error) {
	f := fitted{models: make([]bagofwords.Model, n)}
	group, ctx := errgroup.WithContext(r.ctx)
	group.SetLimit(workers)
	each := r
	each.ctx = ctx
	for label := range f.models {
		group.Go(func() error {
			return guard.Do("train.baseline", func() (err error) {
				f.models[label], err = each.having(func(row examples.Example) bool { return slices.Contains(row.Labels, int32(label)) })
				bar.Add(1)
				return err
			})
		})
	}
	err := group.Wait()
	f.constant = constants(f.models...)
	return f, err
}

func constants(models ...bagofwords.Model) (n int) {
	for _, m := range models {
		if m.Constant {
			n++
		}
	}
	return n
}

// classes fits a softmax over the classes that train has; the others get their
// prior, as all do where train has one class.
func (r regressions) classes(n int) (fitted, error) {
	counts, place := make([]int, n), make([]int, n)
	for _, row := range r.train {
		counts[row.Label]++
	}
	var present []int
	prior := make([]float64, n)
	for class, count := range counts {
		prior[class] = bagofwords.Prior(count, len(r.train))
		if count > 0 {
			place[class] = len(present)
			present = append(present, class)
		}
	}
	if len(present) == 1 {
		return fitted{constant: n, outputs: func([]float64) []float64 { return prior }}, nil
	}
	class := make([]int, len(r.train))
	for i, row := range r.train {
		class[i] = place[row.Label]
	}
	m, err := r.Softmax(r.ctx, r.x, class, len(present), r.weights)
	return fitted{[]bagofwords.Model{m}, n - len(present), func(scores []float64) []float64 {
		logits := slices.Clone(prior)
		for i, class := range present {
			logits[class] = scores[i]
		}
		return logits
	}}, r.interrupted(err)
}
