package train

import (
	"fmt"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
)

// auroc is the macro mean over the labels that some rows have and others have
// not, nil where there is none. Of two classes the second is the positive one;
// of more, each is ranked against the rest.
func (o classifier) auroc(rows examples, logits [][]float32) (*float64, error) {
	first := 0
	if o.kind == singleLabel && o.numLabels == 2 {
		first = 1
	}
	var mean auroc.Mean
	for label := first; label < o.numLabels; label++ {
		count, err := auroc.Of(o.scores(logits, label), o.having(rows, label))
		if err != nil {
			return nil, fmt.Errorf("train: logits of label %d: %w", label, err)
		}
		mean.Add(count.AUROC())
	}
	if mean.Used == 0 {
		return nil, nil
	}
	return &mean.Value, nil
}

// scores rank the rows for one label as its softmax does, or for a label of its
// own as its sigmoid does, without rounding large logits to 1.
func (o classifier) scores(logits [][]float32, label int) []float64 {
	out := make([]float64, len(logits))
	for i, row := range logits {
		out[i] = float64(row[label])
		switch {
		case o.kind == multiLabel:
		case o.numLabels == 2:
			out[i] -= float64(row[1-label])
		default:
			out[i] -= logSumExp(row)
		}
	}
	return out
}

func (o classifier) having(rows examples, label int) []bool {
	out := make([]bool, len(rows))
	for i, row := range rows {
		if o.kind == singleLabel {
			out[i] = int(row.Label) == label
		} else {
			out[i] = slices.Contains(row.Labels, int32(label))
		}
	}
	return out
}

func logSumExp(row []float32) float64 {
	top := float64(slices.Max(row))
	var sum float64
	for _, v := range row {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}
