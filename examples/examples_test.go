package examples_test

import (
	"testing"

	_ "github.com/clinflow/clinflow/stages/builtin"
	"github.com/clinflow/clinflow/stages/stagetest"
)

func TestExamples(t *testing.T) { stagetest.Examples(t, ".") }
