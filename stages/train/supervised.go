package train

import (
	"context"

	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/model"
)

// supervised is a model learning its objective from examples: the learner of
// every training stage.
type supervised struct {
	name      string // for progress
	objective objective
	train     examples
	val       examples
	hidden    *hiddenStates // what the rows stand for; nil where they are documents
	batchSize int
	learning  *machines // forward and backward
	measuring *machines // forward alone, without dropout
}

// newSupervised prepares the graphs of m for an objective.
func newSupervised(m *model.Model, o objective, batchSize int, set Optimization) *supervised {
	build := func(shape graph.Options) (*graph.Graph, *graph.Node, error) {
		g, err := m.Graph(shape)
		if err != nil {
			return nil, nil, err
		}
		loss, logits, err := o.build(g)
		if err != nil {
			return nil, nil, err
		}
		if shape.Training {
			g.Backward(loss)
		}
		return g, logits, nil
	}
	measuring := graph.Options{Batch: batchSize, Seed: uint64(set.Seed)}
	learning := measuring
	learning.Training, learning.Checkpointing = true, set.GradientCheckpointing
	return &supervised{objective: o, batchSize: batchSize, learning: newMachines(learning, build), measuring: newMachines(measuring, build)}
}

// close frees the graphs' inputs.
func (s *supervised) close() {
	s.learning.close()
	s.measuring.close()
}

func (s *supervised) tensors(rows examples, b batch) graph.Batch {
	in := rows.tensors(b)
	s.objective.labels(&in, rows, b)
	return in
}

func (s *supervised) run(m compiled, in graph.Batch) (graph.Result, error) {
	if err := s.hidden.load(&in); err != nil {
		return graph.Result{}, err
	}
	return m.Run(in)
}

func (s *supervised) weight(b batch) (float64, error) {
	m, err := s.learning.at(b.length)
	if err != nil {
		return 0, err
	}
	return m.Weight(s.tensors(s.train, b))
}

func (s *supervised) tokens(b batch) int64 {
	var n int64
	for _, row := range b.rows {
		n += int64(s.train[row].NTokens)
	}
	return n
}

func (s *supervised) learn(b batch, norm float64, number int) (float64, error) {
	m, err := s.learning.at(b.length)
	if err != nil {
		return 0, err
	}
	in := s.tensors(s.train, b)
	in.Denominator, in.Step = norm, uint64(number)
	r, err := s.run(m, in)
	return r.Sum, err
}

func (s *supervised) validate(ctx context.Context) (validation, bool, error) {
	if len(s.val) == 0 {
		return validation{}, false, nil
	}
	loss, logits, err := s.measure(ctx, s.val)
	v := validation{loss: loss}
	if c, ok := s.objective.(classifier); ok && err == nil {
		v.auroc, err = c.auroc(s.val, logits)
	}
	return v, true, err
}

// progress shows the measuring of a language model, which takes hours where the model
// and val are large.
func (s *supervised) progress(rows int) *progress.Task {
	if _, ok := s.objective.(languageModel); !ok {
		return progress.None()
	}
	return progress.Start(s.name+" on val", "examples", int64(rows))
}

// measure returns the mean loss of rows and their logits [rows, num_labels],
// which are nil for a language model.
func (s *supervised) measure(ctx context.Context, rows examples) (float64, [][]float32, error) {
	var sum, weight float64
	logits := make([][]float32, len(rows))
	bar := s.progress(len(rows))
	defer bar.Done()
	for _, b := range rows.inOrder(s.batchSize) {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		m, err := s.measuring.at(b.length)
		if err != nil {
			return 0, nil, err
		}
		r, err := s.run(m, s.tensors(rows, b))
		if err != nil {
			return 0, nil, err
		}
		sum, weight = sum+r.Sum, weight+r.Weight
		if err := m.scatter(b, logits); err != nil {
			return 0, nil, err
		}
		bar.Add(int64(len(b.rows)))
	}
	return sum / weight, logits, nil
}
