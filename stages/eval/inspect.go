package eval

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
)

// InspectAUROC reads CSV rows `label,score` (label 0 or 1; a header line
// `label,score` may come first) and writes their AUROC as one line: the shortest
// decimal that reads back as the same float64. An error names the row, never
// its content.
func InspectAUROC(in io.Reader, out io.Writer) error {
	scores, positive, err := readLabelled(in)
	if err != nil {
		return err
	}
	count, err := auroc.Of(scores, positive)
	if err != nil {
		return exit.With(exit.BadData, err)
	}
	value, ok := count.AUROC()
	if !ok {
		return exit.Errorf(exit.BadData, "%d examples with label 1 and %d with label 0; the AUROC needs both", count.Positives, count.Negatives)
	}
	_, err = fmt.Fprintln(out, strconv.FormatFloat(value, 'g', -1, 64))
	return err
}

func readLabelled(in io.Reader) (scores []float64, positive []bool, err error) {
	ahead := bufio.NewReader(in)
	head, _ := ahead.Peek(foreign.HeadBytes)
	if other := foreign.Refuse(head); other != nil && len(head) > 0 {
		return nil, nil, exit.Errorf(exit.BadData, "standard input: %w", other)
	}
	reader := csv.NewReader(ahead)
	reader.FieldsPerRecord, reader.ReuseRecord = -1, true
	for row := 1; ; row++ {
		record, err := reader.Read()
		var malformed *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return scores, positive, nil
		case err != nil && !errors.As(err, &malformed):
			return nil, nil, fmt.Errorf("read row %d: %w", row, err)
		case err != nil || len(record) != 2:
			return nil, nil, exit.Errorf(exit.BadData, "row %d: want two fields, label,score", row)
		case row == 1 && strings.EqualFold(strings.TrimSpace(record[0]), "label"):
			continue
		}
		label, errLabel := strconv.ParseFloat(strings.TrimSpace(record[0]), 64)
		score, errScore := strconv.ParseFloat(strings.TrimSpace(record[1]), 64)
		switch {
		case errLabel != nil || label != 0 && label != 1:
			return nil, nil, exit.Errorf(exit.BadData, "row %d: the label is neither 0 nor 1", row)
		case errScore != nil || strings.ContainsAny(record[1], "_xX"): // which ParseFloat takes and no other reader of CSV
			return nil, nil, exit.Errorf(exit.BadData, "row %d: malformed score", row)
		case math.IsNaN(score):
			return nil, nil, exit.Errorf(exit.BadData, "row %d: the score is not a number (NaN)", row)
		case math.IsInf(score, 0):
			return nil, nil, exit.Errorf(exit.BadData, "row %d: the score is infinite", row)
		}
		scores, positive = append(scores, score), append(positive, label == 1)
	}
}
