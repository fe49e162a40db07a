package eval

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/eval/predictions"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// What crosses Beam does not grow with examples, and with labels by the row of each in
// classes.json alone.
func TestAccumulatorsAreSmall(t *testing.T) {
	rows := golden(t)[2].Rows("lora")
	wide := make([]task.Prediction, 0, 4*len(rows))
	for i := range 4 * len(rows) {
		row := rows[i%len(rows)]
		row.SubjectID = int64(i)
		row.Logits = append(append(make([]float32, 0, 4000), row.Logits...), make([]float32, 4000-len(row.Logits))...)
		wide = append(wide, row)
	}
	var sizes []int
	s := aurocStage{AUROCConfig{Split: "test"}, auroc.MeasuresOf(auroc.RecipePaper), memory.New(memory.DefaultBytes)}
	for _, rows := range [][]task.Prediction{rows, wide} {
		in := stages.Inputs{predictions.PortVariants: {evaltest.Predictions(t, 1, rows)}}
		var key string
		var accumulator []byte
		if err := s.Accumulate(t.Context(), in, 0, func(k string, value []byte) { key, accumulator = k, value }); err != nil {
			t.Fatal(err)
		}
		merged, err := s.Merge(t.Context(), in, key, [][]byte{accumulator})
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(accumulator), len(merged))
	}
	if sizes[2] > sizes[0]+16 || sizes[3] > 2*sizes[1]+100*len(wide[0].Logits) {
		t.Errorf("an accumulator and what it is merged into take %d bytes of few examples and labels, %d of many", sizes[:2], sizes[2:])
	}
}

// With room for one class at a time the results are those of all classes at once.
func TestAUROCOfAnyMemory(t *testing.T) {
	var rows []task.Prediction
	for _, c := range golden(t) {
		rows = append(rows, halfVal(c.Rows("lora"))...)
	}
	in := stages.Inputs{"predictions": evaltest.ByTask(t, 3, rows)}
	much := stagetest.Run(t, "eval.auroc", "{}", in)
	for _, bytes := range []int64{1, 4 * predictions.CellBytes * 900} {
		env := stages.Default.With(func(s *stages.Settings) { s.Memory = memory.New(bytes) })
		little, err := stagetest.TryIn(t, env, "eval.auroc", "{}", in)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range allFiles {
			if diff := cmp.Diff(evaltest.File(t, much, name), evaltest.File(t, little, name)); diff != "" {
				t.Errorf("%s differs with %d bytes: %s", name, bytes, diff)
			}
		}
	}
}
