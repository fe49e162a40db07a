package label

import (
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	Register(stages.Spec{
		Name: "label.mortality", Version: 3,
		Doc: "Labels admissions by in-hospital mortality (MOR): hospital_expire_flag. " +
			"Some texts tell of the death: give whoever takes these labels the tokens of text.without_deaths behind those of the texts.",
	}, nil, func(config Config) (Outcome, error) {
		return OfAdmission(task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"survived", "died"}, Recipe: config.Recipe}, mortality), nil
	})
}

const noExpireFlag = "no_hospital_expire_flag"

func mortality(a *mimic.Admission, l *task.Label) (dropped string, err error) {
	if l.Label = a.HospitalExpireFlag; l.Label < 0 {
		return noExpireFlag, nil
	}
	return "", nil
}
