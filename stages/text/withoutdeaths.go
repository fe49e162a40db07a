package text

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "text.without_deaths",
		Version: 3,
		Doc: "Takes mentions of the patient's death out of the texts of text.admission, by CORe's three rules, for tasks that must not read of it (MOR) where death_filters is on. " +
			"There are rows for those texts alone that differ; given after the others, they take their places. " +
			"A text is edited where its physical exam or medications on admission have a phrase of a death: the first is deleted. One that tells of the death still is withdrawn: its row has no text.",
		In: []stages.Port{{
			Name: "texts", Kind: task.KindTexts, Sharded: true, Tables: []string{task.TableTexts}, Doc: "the texts, by text.admission",
		}},
		Out: stages.Output{Kind: task.KindTexts, Tables: []string{task.TableTexts}},
	}, newWithoutDeaths)
}

// WithoutDeathsConfig is the configuration of text.without_deaths.
type WithoutDeathsConfig struct{ recipe.Config }

type withoutDeaths struct {
	recipe.Config
	recipe recipe.Recipe
}

func newWithoutDeaths(_ *stages.Environment, config WithoutDeathsConfig) (stages.Map, error) {
	r, err := config.New()
	return withoutDeaths{config.Config, r}, err
}

// Check compares the recipe with that of the texts, and asks whether it takes deaths out.
func (x withoutDeaths) Check(_ context.Context, in stages.Givers) []stages.Fault {
	if !x.recipe.DeathFilters {
		return stages.Faultf("quirks.death_filters", "the recipe %s leaves the mentions of deaths where they are; leave this step out", x.Name())
	}
	return x.FitsStep("texts", in.One("texts"))
}

// Texts implements stages.Textual.
func (withoutDeaths) Texts(in stages.Givers) task.Texts { return lessDeaths(in.Texts("texts")) }

// Attributes say what the texts are.
func (x withoutDeaths) Attributes(_ context.Context, in stages.Inputs) (map[string]any, error) {
	t, err := task.TextsOf(in.One("texts"))
	return map[string]any{task.TextsAttribute: lessDeaths(t), recipe.Attribute: x.Made()}, err
}

func lessDeaths(t task.Texts) task.Texts {
	t.Without = append(slices.Clone(t.Without), task.Deaths)
	return t
}

// Part writes the texts of a part that differ.
func (x withoutDeaths) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	rows, err := dataset.Rows[task.Text](out, task.TableTexts)
	if err != nil {
		return err
	}
	out.Count("edited", 0) // where no text speaks of a death, that is told too
	out.Count(task.CountWithdrawn, 0)
	texts := in.One("texts")
	if err := x.Fits("texts", texts); err != nil {
		return err
	}
	for row, err := range dataset.Read[task.Text](ctx, texts, task.TableTexts, part) {
		if err != nil {
			return err
		}
		out.Count("read", 1)
		if row.Withdrawn {
			return exit.Errorf(exit.Usage, "%s withdraws texts of others, which would come back; give the texts of text.admission", texts.URI())
		}
		differs, sectioned := x.edit(&row, out)
		if !sectioned {
			return exit.Errorf(exit.BadData, "%s: part %d: the text of hadm_id %d is not in the sections that text.admission writes; give the texts of that stage", texts.URI(), part, row.HadmID)
		}
		if !differs {
			continue
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// edit takes mentions of a death out of a row's text, or withdraws it, and says whether
// the row differs. sectioned is false where it speaks of one and has no sections.
func (x withoutDeaths) edit(row *task.Text, out *dataset.PartWriter) (differs, sectioned bool) {
	// The rules of no text match where none of their words is in it.
	if !speaksOfDeath(row.Text) {
		return false, true
	}
	note, sectioned := sections.Written(row.Text)
	if !sectioned {
		return false, false
	}
	switch text := x.without(row.Text, note); {
	case tellsDeath(text):
		out.Count(task.CountWithdrawn, 1)
		row.Withdrawn, row.Text = true, ""
	case text == row.Text:
		return false, true
	default:
		out.Count("edited", 1)
		row.Text = text
	}
	return true, true
}

// without is a text without the phrases of a death that may be deleted.
func (x withoutDeaths) without(text string, note sections.Note) string {
	if x.recipe.DeathPhraseAnywhere {
		return diedBehindHeader.ReplaceAllString(text, "${1}")
	}
	edited := withoutDeath(note)
	return edited.Text()
}
