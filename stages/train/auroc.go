package train

import (
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
)

// auroc is the AUROC of rows by their logits [rows, num_labels], of the kind that
// eval.auroc reports; nil where no label tells the rows apart.
func (o classifier) auroc(rows examples, logits [][]float32) (*float64, error) {
	mean, err := o.mean(rows, logits)
	if err != nil {
		return nil, fmt.Errorf("train: logits on val: %w", err)
	}
	if mean.Used == 0 {
		return nil, nil
	}
	return &mean.Value, nil
}

func (o classifier) mean(rows examples, logits [][]float32) (auroc.Mean, error) {
	if o.kind == multiLabel {
		return o.measures.OfSets(logits, func(row, label int) bool { return slices.Contains(rows[row].Labels, int32(label)) })
	}
	labels := make([]int32, len(rows))
	for i, row := range rows {
		labels[i] = row.Label
	}
	return o.measures.OfClasses(logits, labels)
}
