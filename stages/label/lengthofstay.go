package label

import (
	"math"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/task"
)

func init() {
	Register(stages.Spec{
		Name: "label.length_of_stay", Version: 5,
		Doc: "Labels the admissions that the patient survived by length of stay (LOS), the class of dischtime - admittime: " +
			"0 up to 3 days, 1 up to 7, 2 up to 14, 3 more. Days are exact, or rounded to a tenth by the quirk rounded_stay. " +
			"A stay that ends before it begins, as organ donors have, has no length and is left out; by the quirk negative_stays it is a short one.",
	}, nil, func(config Config) (Outcome, error) {
		r, err := config.New()
		spans := []string{"up to 3 days", "up to 7 days", "up to 14 days", "more than 14 days"}
		return OfAdmission(task.Task{Name: "los", Kind: task.Multiclass, Labels: spans, Recipe: config.Name(), Texts: onAdmission}, stay{r}.label), err
	})
}

// stayLimits are the longest stays of the classes 0, 1 and 2 (van Aken et al.
// 2021).
var stayLimits = [...]float64{3, 7, 14} // days

// stay labels lengths of stay by a recipe.
type stay struct{ recipe.Recipe }

func (s stay) label(a *mimic.Admission, l *task.Label) (dropped string, err error) {
	switch {
	case a.HospitalExpireFlag < 0:
		return noExpireFlag, nil
	case a.HospitalExpireFlag == 1:
		return "died", nil
	case a.Admittime == 0 || a.Dischtime == 0:
		return "no_admittime_or_dischtime", nil
	case a.Dischtime < a.Admittime && !s.NegativeStays:
		return "dischtime_before_admittime", nil
	}
	l.Label = stayClass(s.days(a.Dischtime - a.Admittime))
	return "", nil
}

// days is a length in days. CORe rounds as numpy does: ten times the days to the nearest
// whole number, halves to the even one, so that 3.05 days are 3.
func (s stay) days(length dataset.Time) float64 {
	days := float64(length) / float64(dataset.Day)
	if s.RoundedStay {
		days = math.RoundToEven(days*10) / 10
	}
	return days
}

func stayClass(days float64) (class int32) {
	for _, limit := range stayLimits {
		if days > limit {
			class++
		}
	}
	return class
}
