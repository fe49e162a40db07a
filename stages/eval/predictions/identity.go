package predictions

import (
	"cmp"
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/task"
)

// Identity is which example a prediction is of, and whose.
type Identity struct {
	Subject int64
	Example string
}

// Compare is an order that does not depend on parts.
func (i Identity) Compare(other Identity) int {
	return cmp.Or(cmp.Compare(i.Subject, other.Subject), cmp.Compare(i.Example, other.Example))
}

// identified is what is read of a prediction to know which it is.
type identified struct {
	ExampleID string `parquet:"example_id,plain"`
	SubjectID int64  `parquet:"subject_id"`
	Variant   string `parquet:"variant"`
	Split     string `parquet:"split"`
}

// Identities are those of the examples as they lie, part after part.
func (e Examples) Identities(ctx context.Context) ([]Identity, error) {
	all := make([]Identity, 0, e.N)
	for _, t := range e.Parts {
		end := len(all) + t.N
		for row, err := range dataset.Read[identified](ctx, e.Dataset, task.TablePredictions, t.Part) {
			if err != nil {
				return nil, err
			}
			if e.holds(row.Split, row.Variant) {
				all = append(all, Identity{row.SubjectID, row.ExampleID})
			}
		}
		if len(all) != end {
			return nil, e.changed(t)
		}
	}
	return all, nil
}
