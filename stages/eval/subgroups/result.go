package subgroups

import (
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval"
)

// FileName is the file of a subgroups dataset.
const FileName = "subgroups.json"

// Result is subgroups.json: how well each variant does on each task in groups of
// patients. The attributes of a task are in the order in which they are shown; one that
// nothing is known of, such as MIMIC-III's year group, is left out.
type Result struct {
	Split    string                            `json:"split"`
	Interval *eval.IntervalSettings            `json:"interval,omitempty"` // of all intervals; none where they were not asked for
	Variants map[string]map[string][]Attribute `json:"variants"`           // by variant and task
	Table1   *Table1                           `json:"table1,omitempty"`
}

// The attributes that patients and admissions are told apart by.
const (
	AttributeSex       = "sex"
	AttributeAge       = "age"
	AttributeInsurance = "insurance"
	AttributeRace      = "race"
	AttributeCareUnit  = "first_careunit"
	AttributeYears     = "year_group"
)

// Attribute is what examples are told apart by, such as sex. Hidden are the groups that
// are too small to be told, and those that would give them away: together they have at
// least ten patients, and nothing is told of any.
type Attribute struct {
	Name   string       `json:"name"`
	Groups []GroupScore `json:"groups"`
	Hidden []string     `json:"hidden,omitempty"`
}

// GroupScore is a variant's measure on the examples of one group. Its fields are those of
// TaskScore and Probabilities.
type GroupScore struct {
	Group string          `json:"group"`
	N     smallcell.Count `json:"n"`
	// Patients is ">=10" where the number would tell of a few.
	Patients  smallcell.Count `json:"patients"`
	Positives smallcell.Count `json:"positives"`
	AUROC     *float64        `json:"auroc"` // null where there is no pair to compare
	Interval  *eval.Interval  `json:"interval,omitempty"`
	// SmallCells says that the AUROC is of fewer than ten on one side, or would tell of
	// such a group: it has two digits or one, and what else would tell of it is left out.
	SmallCells bool `json:"small_cells,omitempty"`
	// MeanPredicted stands beside Observed, the share that is positive: of examples, or of
	// a multilabel task's pairs of an example and a label. A multiclass task has neither.
	MeanPredicted *float64 `json:"mean_predicted,omitempty"`
	Observed      *float64 `json:"observed,omitempty"`
	// Difference is the interval of MeanPredicted less Observed.
	Difference *eval.Interval `json:"difference,omitempty"`
	ECE        *float64       `json:"ece,omitempty"`
}

// Table1 tells who the patients of each split are, by their first admission of it. The
// splits are train, val and test; one without a patient is left out.
type Table1 struct {
	Splits []Table1Split `json:"splits"`
}

// Table1Split is a column of the table.
type Table1Split struct {
	Split      string          `json:"split"`
	Patients   smallcell.Count `json:"patients"`
	Admissions smallcell.Count `json:"admissions"` // hidden where it would tell of a few that came again
	// AdmissionsPerPatient is their mean, null where either is hidden.
	AdmissionsPerPatient *float64        `json:"admissions_per_patient"`
	Age                  *Ages           `json:"age"` // null where there are too few
	Attributes           []PatientGroups `json:"attributes"`
}

// Ages are in years at the first admission; those over 89 count as MIMIC gives them.
// Quartiles are null where fewer than ten patients lie on one side.
type Ages struct {
	Mean   float64  `json:"mean"`
	SD     float64  `json:"sd"`
	Median *float64 `json:"median"`
	Q1     *float64 `json:"q1"`
	Q3     *float64 `json:"q3"`
}

// PatientGroups are the patients of a split by one attribute.
type PatientGroups struct {
	Name   string         `json:"name"`
	Groups []PatientGroup `json:"groups"`
	Hidden []string       `json:"hidden,omitempty"` // as an Attribute's
}

// PatientGroup is a cell of the table: patients of a group, and their share of the split.
type PatientGroup struct {
	Group string          `json:"group"`
	N     smallcell.Count `json:"n"`
	Share float64         `json:"share"`
}
