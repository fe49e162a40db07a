package eval

import "github.com/clinflow/clinflow/internal/smallcell"

// ClassesName is the file of the figures by class.
const ClassesName = "classes.json"

// Classes is classes.json: the classes of each task in the order of their numbers.
type Classes = ByVariant[[]ClassScore]

// ClassScore is a variant's measure on one class of a task, against all that is not of
// the class. Figures have four digits where small cells are hidden: in all their digits
// many of them and their mean would tell the one that is missing. AUROC is null where
// the class is skipped.
type ClassScore struct {
	Label     string          `json:"label"`
	Positives smallcell.Count `json:"positives"`
	AUROC     *float64        `json:"auroc"`
	AUPRC     *float64        `json:"auprc"`
	// SmallCells says that fewer than ten examples have the class or have it not: the
	// AUROC has two digits, and nothing else is told.
	SmallCells bool `json:"small_cells,omitempty"`
	// MeanPredicted is the class's mean probability, Calibrated that after calibration;
	// beside them stands Positives as a share of the task's examples.
	MeanPredicted *float64 `json:"mean_predicted,omitempty"`
	Calibrated    *float64 `json:"calibrated,omitempty"`
}
