package main

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// The examples are tests. After a change that is meant, `go test . -update-examples`
// writes what they want anew, for you to read.
func TestExamples(t *testing.T) { stagetest.Examples(t, "examples") }

func TestWordsMustBeInLowerCase(t *testing.T) {
	_, err := stagetest.Try(t, "text.negations", "words: [No]", stages.Inputs{})
	stagetest.WantCode(t, err, stages.Usage)
}

// A text of another stage is refused, and nothing of it is told.
func TestOtherTextsAreRefused(t *testing.T) {
	rows := []task.Text{{TextID: "7", SubjectID: 7, Text: "He denies pain."}}
	texts := stagetest.Dataset(t, task.KindTexts, 1, nil, stagetest.TableOf(task.TableTexts, rows, func(t task.Text) int64 { return t.SubjectID }))
	_, err := stagetest.Try(t, "text.negations", "", stages.Inputs{"texts": {texts}})
	stagetest.WantCode(t, err, stages.BadData)
	if strings.Contains(err.Error(), "denies") {
		t.Error("the error quotes the text")
	}
}
