package dags_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/stages"
)

// The DAGs of docs/recipes.md are without a fault.
func TestDAGsOfTheRecipes(t *testing.T) {
	text, err := os.ReadFile("../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) != 3 {
		t.Errorf("%d DAGs", len(blocks))
	}
	for _, block := range blocks {
		if _, err := dags.Parse(stages.Default, "docs/recipes.md", block[1], nil); err != nil {
			t.Error(err)
		}
	}
}
