package card_test

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/card"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// TestPage: the page stands alone, says which limits are passed, and sets the paper's
// counts beside those of a task that is made as the paper's was.
func TestPage(t *testing.T) {
	for _, c := range []struct {
		name, config, recipe, release string
		of                            task.Task
		holds, lacks                  []string
	}{
		{"of MIMIC-IV", "{}", "core", "mimiciv 3.1", mortality, []string{"All limits are kept.", "What mor is trained on", "Classes by split", "Length in characters"}, []string{"33,954", "Length in tokens"}},
		{"of the paper's kind", "{}", "core", "mimiciii 1.4", mortality, []string{"33,954", "4,908", "9,822"}, []string{"9,829"}},
		{"but for a switch", "{}", "core -death_filters", "mimiciii 1.4", mortality, []string{"33,954"}, nil},
		{"by another recipe", "{}", "clinical", "mimiciii 1.4", mortality, nil, []string{"33,954"}},
		{"of many labels", "{}", "core", "mimiciii 1.4", diagnoses, []string{"Labels by rank", "1266 labels", "33,994"}, []string{"Classes by split"}},
		{"passed", "{enforce: false, title: Ours, min_examples: 41}", "", "", mortality, []string{"2 limits are not kept.", "<h1>Ours</h1>", `<td class="failed">40</td>`}, []string{"All limits"}},
	} {
		of := c.of
		of.Recipe, of.Release = c.recipe, c.release
		page := evaltest.File(t, stagetest.Run(t, "label.card", c.config, inputs(t, of, 1, some()...)), card.HTMLFile)
		for _, want := range c.holds {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page has no %q", c.name, want)
			}
		}
		for _, other := range append(c.lacks, "<script", "<link", " src=", " href=", canary) {
			if strings.Contains(page, other) {
				t.Errorf("%s: the page has %q", c.name, other)
			}
		}
	}
}
