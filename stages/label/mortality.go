package label

import (
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	Register(stages.Spec{
		Name: "label.mortality", Version: 4,
		Doc: "Labels admissions by in-hospital mortality (MOR): hospital_expire_flag. " +
			"Some texts tell of the death: whoever takes these labels takes the tokens of text.without_deaths behind those of the texts, and is refused without them.",
	}, nil, func(config MortalityConfig) (Outcome, error) {
		t := task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"survived", "died"}, Recipe: config.Recipe, Texts: onAdmission}
		if config.DeathMentions == "drop" {
			t.Texts.Without = []string{task.Deaths}
		}
		return OfAdmission(t, mortality), nil
	})
}

// MortalityConfig is the configuration of label.mortality.
type MortalityConfig struct {
	Config
	DeathMentions string `json:"death_mentions" default:"drop" enum:"drop,keep" doc:"drop: the labels are refused with texts that text.without_deaths has not seen; keep: they go with any texts of the admission"`
}

const noExpireFlag = "no_hospital_expire_flag"

func mortality(a *mimic.Admission, l *task.Label) (dropped string, err error) {
	if l.Label = a.HospitalExpireFlag; l.Label < 0 {
		return noExpireFlag, nil
	}
	return "", nil
}
