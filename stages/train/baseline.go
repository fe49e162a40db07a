package train

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/bagofwords"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name: "train.baseline", Version: 3,
		Doc: "Predicts a task by logistic regression on how often each token occurs in a document, with no idea of their order: the baseline that a language model has to beat. Fits on train as scikit-learn's TfidfTransformer and LogisticRegression do by default, in float64: a binary task by one regression, more by a softmax, each label of a set by a regression of its own. A class or label that train cannot tell apart gets its prior as a constant logit. Two classes get the logits 0 and z, as many as train.predict gives. Parts and rows stand as in the tokens.",
		In: []stages.Port{
			examples.TokensPort,
			examples.LabelsPort,
			split.Port,
		},
		Out: stages.Output{Kind: task.KindPredictions, Tables: []string{task.TablePredictions}},
	}, newBaseline)
}

// BaselineConfig configures train.baseline.
type BaselineConfig struct {
	Variant string `json:"variant" default:"bag_of_words" name:"true" doc:"Name in the predictions, beside the variants of training."`
	Predicted
	Labelled
	split.Overlap
	C         float64 `json:"c" default:"1" min:"0" doc:"Inverse strength of the penalty on the weights (scikit-learn's C); above 0."`
	Tolerance float64 `json:"tolerance" default:"0.0001" min:"0" doc:"Largest element of the gradient at which a fit ends (scikit-learn's tol)."`
	MaxIter   int     `json:"max_iter" default:"100" unit:"iterations" min:"1" doc:"Iterations of L-BFGS after which a fit ends. The manifest counts such fits as unconverged_fits."`
	Seed      int64   `json:"seed" default:"1234" doc:"Seed of shuffle_labels."`
}

type baseline struct {
	env    *stages.Environment
	config BaselineConfig
}

func newBaseline(env *stages.Environment, c BaselineConfig) (stages.Job, error) {
	if !(c.C > 0) {
		return nil, exit.Errorf(exit.Usage, "c: is %g, must be above 0", c.C)
	}
	return &baseline{env, c}, c.check()
}

// Attributes implements stages.Attributed.
func (*baseline) Attributes(ctx context.Context, in stages.Inputs) (map[string]any, error) {
	return examples.Attributes(examples.TaskOf(ctx, in))
}

// Run implements stages.Job. Train and the chosen splits are held in memory, 4
// bytes a token; a document's features take 12 bytes a distinct token.
func (b *baseline) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	c := b.config
	of, err := examples.TaskOf(ctx, in)
	if err != nil {
		return err
	}
	splits, counts, err := c.examples(ctx, in, of)
	if err != nil {
		return err
	}
	train := splits[split.Train]
	if c.ShuffleLabels {
		train = train.ShuffleLabels(c.Seed)
	}
	weighting := bagofwords.NewWeighting(train.Documents())
	f, err := c.fit(ctx, b.env, of, weighting.Matrix(train.Documents()), train)
	if err != nil {
		return err
	}
	counts.Note(out)
	f.note(out)
	out.SetSeed("train", c.Seed)
	out.Count("train_examples", int64(len(train)))
	out.Count("features", int64(weighting.Features()))
	return c.write(ctx, examples.SourceOf(in, c.Overlap), of.Name, c.Variant, func(row examples.Example) ([]float32, error) {
		return f.logits(weighting.Matrix([][]int32{row.InputIDs}), 0), nil
	}, out)
}

// examples reads and checks train and the splits to predict.
func (c BaselineConfig) examples(ctx context.Context, in stages.Inputs, of task.Task) (map[string]examples.Rows, examples.Counts, error) {
	splits, counts, err := readSplits(ctx, examples.SourceOf(in, c.Overlap), leakage.Ancestry{}, append([]string{split.Train}, c.Splits...)...)
	if err != nil {
		return nil, counts, err
	}
	if len(splits[split.Train]) == 0 {
		return nil, counts, exit.Errorf(exit.BadData, "%s: no example of split train to learn from", examples.SourceOf(in, c.Overlap).URI())
	}
	for _, rows := range splits {
		if err := rows.CheckLabels(of.Multilabel(), of.NumLabels()); err != nil {
			return nil, counts, err
		}
	}
	return splits, counts, nil
}

// fit fits one regression, or one a label.
func (c BaselineConfig) fit(ctx context.Context, env *stages.Environment, of task.Task, x *bagofwords.Matrix, train examples.Rows) (fitted, error) {
	r := regressions{ctx, bagofwords.Regression{C: c.C, Tolerance: c.Tolerance, MaxIterations: c.MaxIter}, x, train, c.rowWeights(of, train)}
	switch {
	case of.Multilabel():
		bar := env.Progress.Start("train.baseline", "labels", int64(of.NumLabels()))
		defer bar.Done()
		return r.labels(of.NumLabels(), env.Workers, bar)
	case of.NumLabels() == 2:
		return r.binary()
	default:
		return r.classes(of.NumLabels())
	}
}

func (c BaselineConfig) rowWeights(of task.Task, train examples.Rows) []float64 {
	byClass := c.weights(of, train)
	weights := make([]float64, len(train))
	for i, row := range train {
		weights[i] = 1
		if byClass != nil {
			weights[i] = byClass[row.Label]
		}
	}
	return weights
}
