// Package trainlog is the format of a training's log: the trainer writes it, the
// report draws it.
package trainlog

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
)

// Name is the log's file in an artifact, one JSON object a line.
const Name = "train_log.jsonl"

// Line is one line of the log. It holds no time of day, so the same run writes the
// same bytes.
type Line struct {
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

// Read reads the log of an artifact.
func Read(ctx context.Context, d *dataset.Dataset) ([]Line, error) {
	file, err := d.OpenFile(ctx, Name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines, err := Decode(file)
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %s: %w", d.URI(), Name, err)
	}
	return lines, nil
}

// Decode reads the lines of a log.
func Decode(r io.Reader) (lines []Line, err error) {
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		var line Line
		if json.Unmarshal(scanner.Bytes(), &line) != nil {
			return nil, fmt.Errorf("line %d is malformed", len(lines)+1)
		}
		lines = append(lines, line)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return lines, nil
}
