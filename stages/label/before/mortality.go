package before

import (
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(labellingSpec("label.mortality",
		"Makes the examples of in-hospital mortality (MOR): one for each admission with a discharge summary, its label hospital_expire_flag."), newMortality)
}

// MortalityConfig is the configuration of label.mortality.
type MortalityConfig struct {
	Cohort
	DeathMentions string `json:"death_mentions" default:"drop" enum:"drop,keep" doc:"drop takes out notes whose text tells of the patient's death, by CORe's three rules"`
}

func newMortality(_ *stages.Environment, config MortalityConfig) (stages.Map, error) {
	l, err := newLabelling(stages.Task{Name: "mor", Classes: 2}, config.Cohort, func(*walk, stages.Inputs) (outcomes, error) { return deaths{}, nil })
	if config.DeathMentions == "drop" {
		l.edit = withoutDeathMentions
	}
	return l, err
}

// MortalityExample is what label.mortality makes of one admission and its discharge
// summaries by default, or why it makes nothing.
func MortalityExample(a mimic.Admission, summaries []Summary) (e task.Example, dropped string, err error) {
	l := labelling{cohort: Cohort{SplitSeed: 1}, recipe: recipes["clinical"], edit: withoutDeathMentions}
	return l.example(&admission{a, summaries}, deaths{})
}

const (
	dropNoFlag       = "dropped.no_hospital_expire_flag"
	dropDeathMention = "dropped.death_mention"
)

// deaths are the outcomes of label.mortality.
type deaths struct{ binary }

func (deaths) of(a *admission, e *task.Example) (string, error) {
	if e.Label = a.HospitalExpireFlag; e.Label < 0 {
		return dropNoFlag, nil
	}
	return "", nil
}

func withoutDeathMentions(note sections.Note) (sections.Note, string) {
	if note = withoutDeath(note); tellsDeath(note.Text()) {
		return note, dropDeathMention
	}
	return note, ""
}
