package label

import (
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	Register(stages.Spec{
		Name: "label.mortality", Version: 5,
		Doc: "Labels admissions by in-hospital mortality (MOR): hospital_expire_flag. " +
			"Some texts tell of the death: whoever takes these labels takes the tokens of text.without_deaths behind those of the texts, and is refused without them, unless the quirk death_filters is off.",
	}, nil, func(config Config) (Outcome, error) {
		r, err := config.New()
		t := task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"survived", "died"}, Recipe: config.Name(), Texts: onAdmission}
		if r.DeathFilters {
			t.Texts.Without = []string{task.Deaths}
		}
		return OfAdmission(t, mortality), err
	})
}

const noExpireFlag = "no_hospital_expire_flag"

func mortality(a *mimic.Admission, l *task.Label) (dropped string, err error) {
	if l.Label = a.HospitalExpireFlag; l.Label < 0 {
		return noExpireFlag, nil
	}
	return "", nil
}
