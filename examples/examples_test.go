package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/clinflow/clinflow/stages/builtin"
	"github.com/clinflow/clinflow/stages/stagetest"
)

func TestExamples(t *testing.T) { stagetest.Examples(t, ".") }

var fenced = regexp.MustCompile("(?ms)^```(go|yaml)\n(.*?)^```$")

// The tutorial's excerpts are those of the stage that it speaks of.
func TestTheTutorialQuotesTheStage(t *testing.T) {
	tutorial, err := os.ReadFile("../docs/first-stage.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, pattern := range []string{"stage/*.go", "stage/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(text)
		}
	}
	blocks := fenced.FindAllSubmatch(tutorial, -1)
	if len(blocks) < 8 {
		t.Fatalf("the tutorial has %d excerpts", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), string(block[2])) {
			t.Errorf("not in examples/stage:\n%s", block[2])
		}
	}
}
