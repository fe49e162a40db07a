package label

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	Register(stages.Spec{
		Name: "label.length_of_stay", Version: 4,
		Doc: "Labels the admissions that the patient survived by length of stay (LOS), the class of dischtime - admittime: " +
			"0 up to 3 days, 1 up to 7, 2 up to 14, 3 more. Days are exact, not rounded as in CORe. " +
			"A stay that ends before it begins, as organ donors have, has no length and is left out, unlike in CORe, which takes it for a short one.",
	}, nil, func(config Config) (Outcome, error) {
		spans := []string{"up to 3 days", "up to 7 days", "up to 14 days", "more than 14 days"}
		return OfAdmission(task.Task{Name: "los", Kind: task.Multiclass, Labels: spans, Recipe: config.Recipe, Texts: onAdmission}, lengthOfStay), nil
	})
}

// day is 24 hours: MIMIC's shifted clocks know no summer time.
const day dataset.Time = 24 * 60 * 60 * 1e6

// stayLimits are the longest stays of the classes 0, 1 and 2 (van Aken et al.
// 2021).
var stayLimits = [...]dataset.Time{3 * day, 7 * day, 14 * day}

func lengthOfStay(a *mimic.Admission, l *task.Label) (dropped string, err error) {
	switch {
	case a.HospitalExpireFlag < 0:
		return noExpireFlag, nil
	case a.HospitalExpireFlag == 1:
		return "died", nil
	case a.Admittime == 0 || a.Dischtime == 0:
		return "no_admittime_or_dischtime", nil
	case a.Dischtime < a.Admittime:
		return "dischtime_before_admittime", nil
	}
	l.Label = stayClass(a.Dischtime - a.Admittime)
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
