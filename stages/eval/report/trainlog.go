package report

import (
	"bufio"
	"context"
	"encoding/json"
	"math"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
)

// trainLog is the log that training leaves in its artifact, a JSON object a line.
const trainLog = "train_log.jsonl"

// logLine is one line of it.
type logLine struct {
	Step  int      `json:"step"`
	Epoch int      `json:"epoch"`
	Split string   `json:"split"` // "train" or "val"
	Loss  float64  `json:"loss"`
	AUROC *float64 `json:"auroc"` // on val, where the task has labels
}

// runLog is a training's log, and the task and way of the metrics that it trained,
// where that is known.
type runLog struct {
	step, task, way string
	lines           []logLine
}

// validations are the lines of the split val, one an epoch.
func (r runLog) validations() []logLine {
	var lines []logLine
	for _, line := range r.lines {
		if line.Split == "val" {
			lines = append(lines, line)
		}
	}
	return lines
}

// round leaves two digits of the AUROCs.
func (r runLog) round() {
	for _, line := range r.lines {
		if line.AUROC != nil {
			*line.AUROC = math.Round(100**line.AUROC) / 100
		}
	}
}

func readLog(ctx context.Context, d *dataset.Dataset) ([]logLine, error) {
	file, err := d.OpenFile(ctx, trainLog)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines []logLine
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		var line logLine
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			return nil, exit.Errorf(exit.BadData, "%s: %s: line %d is malformed", d.URI(), trainLog, len(lines)+1)
		}
		lines = append(lines, line)
	}
	if err := scanner.Err(); err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: %s: read: %w", d.URI(), trainLog, err)
	}
	return lines, nil
}
