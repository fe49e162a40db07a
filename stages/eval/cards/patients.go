package cards

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// patients adds table 1.
func (c *dataContent) patients(ctx context.Context, from *dataset.Dataset) error {
	if from == nil {
		return nil
	}
	var s subgroups.Result
	if err := from.ReadJSON(ctx, subgroups.FileName, &s); err != nil || s.Table1 == nil {
		return err
	}
	c.Splits, c.Table1 = s.Table1.Splits, s.Table1.Rows()
	return nil
}
