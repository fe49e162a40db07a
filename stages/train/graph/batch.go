package graph

import "fmt"

// Batch is what one run sees: n ≤ Options.Batch rows, the rest is filled with
// rows of zero weight.
type Batch struct {
	InputIDs   []int32   // [n, seq], padded on the right with any id of the vocabulary
	Lengths    []int32   // [n], real tokens of each row, 0 to seq
	Positions  []int32   // [n, seq], with Options.Positioned: of each token, from 0
	Starts     []int32   // [n, seq], with Options.Packed: the first token of each token's document
	Untaught   []bool    // [n, seq], tokens that LMLoss does not predict; nil: none
	RowWeights []float64 // [n], nil: ones; a row of length 0 always weighs 0
	Labels     []int32   // [n], for CrossEntropy
	Targets    []float32 // [n, labels], 0 or 1, for SigmoidCrossEntropy
	// Denominator divides the loss and its gradient; 0: this batch's own weight.
	// With the sum of Machine.Weight over micro-batches, their gradients add up
	// to those of one large batch.
	Denominator float64
	Step        uint64 // the number of the dropout masks
}

func (b Batch) weight(row int) float64 {
	switch {
	case row >= len(b.Lengths) || b.Lengths[row] == 0:
		return 0
	case b.RowWeights == nil:
		return 1
	default:
		return b.RowWeights[row]
	}
}

// untaught says that a language model is not to predict a token: a document that is packed
// behind another does not follow from it.
func (b Batch) untaught(token, seq int) bool {
	return b.Untaught != nil && b.Untaught[token] || b.Starts != nil && token%seq > 0 && int(b.Starts[token]) == token%seq
}

func (b Batch) check(o Options) error {
	n := len(b.Lengths)
	if n == 0 || n > o.Batch || len(b.InputIDs) != n*o.Seq || b.RowWeights != nil && len(b.RowWeights) != n || b.Untaught != nil && len(b.Untaught) != n*o.Seq {
		return fmt.Errorf("batch: %d rows, %d input ids and %d row weights do not fit a graph of batch %d, seq %d", n, len(b.InputIDs), len(b.RowWeights), o.Batch, o.Seq)
	}
	if o.Positioned && len(b.Positions) != n*o.Seq || o.Packed && len(b.Starts) != n*o.Seq {
		return fmt.Errorf("batch: %d positions and %d starts of documents do not fit %d rows of %d", len(b.Positions), len(b.Starts), n, o.Seq)
	}
	for i, start := range b.Starts {
		if start < 0 || int(start) > i%o.Seq {
			return fmt.Errorf("batch: the document of token %d of row %d begins behind it", i%o.Seq, i/o.Seq)
		}
	}
	for i, l := range b.Lengths {
		if l < 0 || int(l) > o.Seq {
			return fmt.Errorf("batch: the length of row %d is not within 0 and %d", i, o.Seq)
		}
	}
	return nil
}
