package label

import (
	"context"
	"strconv"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "label.mortality",
		Version: 1,
		Doc: "Makes the examples of in-hospital mortality (MOR): one for each admission with a discharge summary, its text the admission sections of that summary, its label hospital_expire_flag. " +
			"The recipe clinical reads sections by the headers of MIMIC-IV's notes, cuts Physical Exam at the exam of a later day, and leaves addenda out. " +
			"What is left out is counted under dropped.<reason>. The table meds has the labels in the MEDS label schema; prediction_time is admittime.",
		In: []stages.Port{{
			Name: "patients", Kind: shard.KindPatients, Sharded: true,
			Tables: []string{shard.TableAdmissions, shard.TableNotes},
			Doc:    "admissions and their notes",
		}},
		Out: stages.Output{Kind: shard.KindExamples, Tables: []string{shard.TableExamples, shard.TableMEDS}},
	}, newMortality)
}

// MortalityConfig is the configuration of label.mortality.
type MortalityConfig struct {
	Recipe        string `json:"recipe" default:"clinical" enum:"clinical" doc:"how the text is made from the discharge summary"`
	DeathMentions string `json:"death_mentions" default:"drop" enum:"drop,keep" doc:"drop takes out notes whose text tells of the patient's death, by CORe's three rules"`
	Split         string `json:"split" default:"hash" enum:"hash" doc:"hash puts 70/10/20 per cent of the patients into train, val and test"`
	SplitSeed     int64  `json:"split_seed" default:"1" doc:"seed of the split by patient; the same in every stage that splits"`
}

type mortality struct {
	config MortalityConfig
	recipe recipe
}

func newMortality(config MortalityConfig) (stages.Map, error) {
	text, ok := recipes[config.Recipe]
	if !ok {
		return nil, exit.Errorf(exit.Usage, "no recipe %q", config.Recipe)
	}
	return &mortality{config, text}, nil
}

// Why an admission gives no example.
const (
	dropNoSummary      = "dropped.no_discharge_summary"
	dropNoSections     = "dropped.no_admission_sections"
	dropNoFlag         = "dropped.no_hospital_expire_flag"
	dropDeathMention   = "dropped.death_mention"
	countOrphanSummary = "summaries_without_admission"
)

// Part writes the examples of a part.
func (m *mortality) Part(ctx context.Context, in stages.Inputs, part int, out *shard.PartWriter) error {
	w, err := newExampleWriter(out)
	if err != nil {
		return err
	}
	var orphans int64
	for a, err := range admissions(ctx, in.One("patients"), part, &orphans) {
		if err != nil {
			return err
		}
		example, dropped := m.example(&a)
		if err := w.write(example, dropped); err != nil {
			return err
		}
	}
	out.Count(countOrphanSummary, orphans)
	return nil
}

// example makes an admission's example, or says why there is none.
func (m *mortality) example(a *admission) (shard.Example, string) {
	if len(a.summaries) == 0 {
		return shard.Example{}, dropNoSummary
	}
	if a.HospitalExpireFlag < 0 {
		return shard.Example{}, dropNoFlag
	}
	note := m.recipe(a.summaries)
	if !note.Usable() {
		return shard.Example{}, dropNoSections
	}
	if m.config.DeathMentions == "drop" {
		if note = withoutDeath(note); tellsDeath(note.Text()) {
			return shard.Example{}, dropDeathMention
		}
	}
	return shard.Example{
		ExampleID: strconv.FormatInt(a.HadmID, 10), SubjectID: a.SubjectID, HadmID: a.HadmID,
		Split:          shard.SplitOf(a.SubjectID, m.config.SplitSeed),
		PredictionTime: a.Admittime, Text: note.Text(), Label: a.HospitalExpireFlag,
	}, ""
}
