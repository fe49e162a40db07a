package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// logName is the training log of an artifact, one JSON object a line.
const logName = "train_log.jsonl"

// logLine is one line of the training log. It holds no time of day, so that the
// same run writes the same bytes.
type logLine struct {
	Step  int    `json:"step"`  // optimizer steps done
	Epoch int    `json:"epoch"` // epochs begun, from 1
	Split string `json:"split"` // "train" or "val"
	// Loss is the mean over what was real (tokens or weighted rows) since the
	// last line of the split; natural logarithm.
	Loss float64 `json:"loss"`
	// LR is the learning rate of the last step.
	LR float64 `json:"lr"`
	// Tokens are the real tokens trained on so far.
	Tokens int64 `json:"tokens"`
	// AUROC on val, where the task has labels.
	AUROC *float64 `json:"auroc,omitempty"`
	// Stopped says that training ended here, epochs before the planned end.
	Stopped bool `json:"stopped,omitempty"`
}

func writeLog(w io.Writer, lines []logLine) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for i, line := range lines {
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("%s: line %d: the loss is not finite, training has diverged; lower learning_rate: %w", logName, i+1, err)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
