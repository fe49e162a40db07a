package trainer

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// modelLearner is a model learning its objective from examples.
type modelLearner struct {
	env       *stages.Environment
	name      string // for progress
	objective Objective
	train     examples.Rows
	val       examples.Rows
	hidden    *HiddenStates // what the rows stand for; nil where they are documents
	batchSize int
	packed    bool    // rows hold several documents
	training  *graphs // forward and backward
	measuring *graphs // forward alone, without dropout
}

// newLearner prepares the graphs of a Trainer's model for its objective.
func newLearner(t Trainer) *modelLearner {
	build := func(shape graph.Options) (*graph.Graph, *graph.Node, error) {
		g, err := t.Model.Graph(shape)
		if err != nil {
			return nil, nil, err
		}
		loss, logits, err := t.Objective.build(g)
		if err != nil {
			return nil, nil, err
		}
		if shape.Training {
			g.Backward(loss)
		}
		return g, logits, nil
	}
	packed := slices.ContainsFunc(t.Train, func(e examples.Example) bool { return e.Starts != nil })
	measuring := graph.Options{Batch: t.BatchSize, Seed: uint64(t.Seed), Positioned: packed, Packed: packed}
	training := measuring
	training.Training, training.Checkpointing = true, t.GradientCheckpointing
	return &modelLearner{
		env: t.Env, name: t.Name, objective: t.Objective, train: t.Train, val: t.Val, hidden: t.Hidden, batchSize: t.BatchSize, packed: packed,
		training: newGraphs(training, build), measuring: newGraphs(measuring, build),
	}
}

// close frees the graphs' inputs.
func (l *modelLearner) close() {
	l.training.close()
	l.measuring.close()
}

func (l *modelLearner) tokens(b batch) int64 {
	var n int64
	for _, row := range b.rows {
		n += int64(l.train[row].NTokens)
	}
	return n
}

func (l *modelLearner) validate(ctx context.Context) (validation, bool, error) {
	if len(l.val) == 0 {
		return validation{}, false, nil
	}
	loss, logits, err := l.measure(ctx, l.val)
	v := validation{loss: loss}
	if c, ok := l.objective.(Classifier); ok && err == nil {
		v.auroc, err = c.AUROC(l.val, logits)
	}
	return v, true, err
}

// progress is a bar for measuring a language model, which takes hours where the model
// and val are large. Classifiers are measured without one.
func (l *modelLearner) progress(rows int) *progress.Task {
	if _, ok := l.objective.(LanguageModel); !ok {
		return progress.None()
	}
	return l.env.Progress.Start(l.name+" on val", "examples", int64(rows))
}

// measure returns the mean loss of rows and their logits [rows, num_labels],
// which are nil for a language model.
func (l *modelLearner) measure(ctx context.Context, rows examples.Rows) (float64, [][]float32, error) {
	var sum, weight float64
	logits := make([][]float32, len(rows))
	bar := l.progress(len(rows))
	defer bar.Done()
	for _, b := range inOrder(rows, l.batchSize) {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		g, err := l.measuring.at(b.length)
		if err != nil {
			return 0, nil, err
		}
		r, err := l.run(g, l.tensors(rows, b))
		if err != nil {
			return 0, nil, err
		}
		sum, weight = sum+r.Sum, weight+r.Weight
		if err := g.scatter(b, logits); err != nil {
			return 0, nil, err
		}
		bar.Add(int64(len(b.rows)))
	}
	return sum / weight, logits, nil
}

func (l *modelLearner) weight(b batch) (float64, error) {
	g, err := l.training.at(b.length)
	if err != nil {
		return 0, err
	}
	return g.Weight(l.tensors(l.train, b))
}

// learn runs a batch through the graph of its length, forward and backward.
func (l *modelLearner) learn(b batch, norm float64, number int) (float64, error) {
	g, err := l.training.at(b.length)
	if err != nil {
		return 0, err
	}
	in := l.tensors(l.train, b)
	in.Denominator, in.Step = norm, uint64(number)
	r, err := l.run(g, in)
	return r.Sum, err
}

// tensors are the inputs of a batch: token ids, lengths and what the loss reads.
func (l *modelLearner) tensors(rows examples.Rows, b batch) graph.Batch {
	in := tensors(rows, b)
	if l.packed {
		places(&in, rows, b)
	}
	l.objective.labels(&in, rows, b)
	return in
}

// run puts hidden states in their rows' places, where the rows stand for them, and runs
// the graph.
func (l *modelLearner) run(g compiled, in graph.Batch) (graph.Result, error) {
	if err := l.hidden.load(&in); err != nil {
		return graph.Result{}, err
	}
	return g.Run(in)
}
