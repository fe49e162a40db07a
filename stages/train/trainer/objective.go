package trainer

import (
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/model"
)

// Objective is what a model is trained for: the loss on top of its graph, and the
// labels that the loss reads.
type Objective interface {
	// build adds the model and its loss to a graph. logits is nil for a language model.
	build(g *graph.Graph) (loss, logits *graph.Node, err error)
	// labels adds the rows' labels to a batch.
	labels(in *graph.Batch, rows examples.Rows, b batch)
}

// LanguageModel predicts each next token.
type LanguageModel struct {
	Model    *model.Model
	Untaught []int32 // tokens that it is not to predict
}

// LanguageModel is the objective of predicting each next token. The paper's code pads with
// EOS, and its collator takes whatever is padding out of the loss.
func (t Trainer) LanguageModel() LanguageModel {
	if t.Recipe == "paper" {
		return LanguageModel{t.Model, t.Model.Special().EOS}
	}
	return LanguageModel{Model: t.Model}
}

func (o LanguageModel) build(g *graph.Graph) (loss, logits *graph.Node, err error) {
	loss, err = o.Model.LMLoss(g)
	return loss, nil, err
}

// labels has the model predict neither what it is not to learn nor what stands in a
// sequence for the others alone.
func (o LanguageModel) labels(in *graph.Batch, rows examples.Rows, b batch) {
	in.Untaught = make([]bool, len(in.InputIDs))
	for i, row := range b.rows {
		for at := range b.length {
			token := i*b.length + at
			in.Untaught[token] = at < rows[row].Context || slices.Contains(o.Untaught, in.InputIDs[token])
		}
	}
}

// Classifier gives each document a class, or a set of labels.
type Classifier struct {
	Logits       func(*graph.Graph) (*graph.Node, error) // [batch, NumLabels]
	Multilabel   bool                                    // a set of labels (sigmoid); else one class (softmax)
	NumLabels    int
	ClassWeights []float64      // nil: every class weighs 1
	Measures     auroc.Measures // the AUROC on val
}

func (o Classifier) build(g *graph.Graph) (loss, logits *graph.Node, err error) {
	if logits, err = o.Logits(g); err != nil {
		return nil, nil, err
	}
	g.Output(logits)
	if o.Multilabel {
		return g.SigmoidCrossEntropy(logits), logits, nil
	}
	return g.CrossEntropy(logits, o.ClassWeights), logits, nil
}

func (o Classifier) labels(in *graph.Batch, rows examples.Rows, b batch) {
	if !o.Multilabel {
		in.Labels = make([]int32, len(b.rows))
		for i, row := range b.rows {
			in.Labels[i] = rows[row].Label
		}
		return
	}
	in.Targets = make([]float32, len(b.rows)*o.NumLabels)
	for i, row := range b.rows {
		for _, label := range rows[row].Labels {
			in.Targets[i*o.NumLabels+int(label)] = 1
		}
	}
}

// AUROC is the AUROC of rows by their logits [rows, NumLabels], of the kind that
// eval.auroc reports; nil where no label tells the rows apart.
func (o Classifier) AUROC(rows examples.Rows, logits [][]float32) (*float64, error) {
	mean, err := o.mean(rows, logits)
	if err != nil {
		return nil, fmt.Errorf("logits on val: %w", err)
	}
	if mean.Used == 0 {
		return nil, nil
	}
	return &mean.Value, nil
}

func (o Classifier) mean(rows examples.Rows, logits [][]float32) (auroc.Mean, error) {
	if o.Multilabel {
		return o.Measures.OfSets(logits, func(row, label int) bool { return slices.Contains(rows[row].Labels, int32(label)) })
	}
	labels := make([]int32, len(rows))
	for i, row := range rows {
		labels[i] = row.Label
	}
	return o.Measures.OfClasses(logits, labels)
}
