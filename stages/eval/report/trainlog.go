package report

import (
	"math"

	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// runLog is a training's log, and the task and variant of the metrics that it trained,
// where that is known.
type runLog struct {
	step, task, variant string
	lines               []trainlog.Line
}

// validations are the lines of the split val, one an epoch.
func (r runLog) validations() []trainlog.Line {
	var lines []trainlog.Line
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
