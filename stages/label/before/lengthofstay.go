package before

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(labellingSpec("label.length_of_stay",
		"Makes the examples of length of stay (LOS): one for each admission with a discharge summary that the patient survived, its label the class of dischtime - admittime: "+
			"0 up to 3 days, 1 up to 7, 2 up to 14, 3 more. Days are exact, not rounded as in CORe. "+
			"A stay that ends before it begins, as organ donors have, has no length and is left out, unlike in CORe, which takes it for a short one. The number of each class and split is counted under class.<class>.<split>."), newLengthOfStay)
}

func newLengthOfStay(_ *stages.Environment, config Cohort) (stages.Map, error) {
	return newLabelling(stages.Task{Name: "los", Classes: len(stayLimits) + 1}, config, func(*walk, stages.Inputs) (outcomes, error) { return lengths{}, nil })
}

const (
	dropDied        = "dropped.died"
	dropNoStayTimes = "dropped.no_admittime_or_dischtime"
	dropBackwards   = "dropped.dischtime_before_admittime"
)

// day is 24 hours: MIMIC's shifted clocks know no summer time.
const day dataset.Time = 24 * 60 * 60 * 1e6

// stayLimits are the longest stays of the classes 0, 1 and 2 (van Aken et al.
// 2021).
var stayLimits = [...]dataset.Time{3 * day, 7 * day, 14 * day}

// lengths are the outcomes of label.length_of_stay.
type lengths struct{ classes }

func (lengths) of(a *admission, e *task.Example) (string, error) {
	switch {
	case a.HospitalExpireFlag < 0:
		return dropNoFlag, nil
	case a.HospitalExpireFlag == 1:
		return dropDied, nil
	case a.Admittime == 0 || a.Dischtime == 0:
		return dropNoStayTimes, nil
	case a.Dischtime < a.Admittime:
		return dropBackwards, nil
	}
	e.Label = stayClass(a.Dischtime - a.Admittime)
	return "", nil
}

func stayClass(length dataset.Time) int32 {
	class := int32(0)
	for _, limit := range stayLimits {
		if length > limit {
			class++
		}
	}
	return class
}
