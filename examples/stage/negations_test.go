package main

import (
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// The examples are tests. After a change that is meant, `go test . -update-examples`
// writes what they want anew, for you to read.
func TestExamples(t *testing.T) { stagetest.Examples(t, "examples") }

func TestWordsMustBeInLowerCase(t *testing.T) {
	_, err := stagetest.Try(t, "text.negations", "words: [No]", stages.Inputs{})
	stagetest.WantCode(t, err, stages.Usage)
}
