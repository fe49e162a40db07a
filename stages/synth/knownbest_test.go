package synth_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

func TestKnownBestPredictsTheChancesOutcomesWereDrawnFrom(t *testing.T) {
	files, patients := ingested(t, "{patients: 800, seed: 13}", 3)
	k := bestOf(t, "mor", files, patients)
	if len(k.predictions) < 700 {
		t.Fatalf("%d predictions", len(k.predictions))
	}
	var deaths tested
	for i, p := range k.predictions {
		// Softmax of the logits is the chance again.
		score := 1 / (1 + math.Exp(float64(p.Logits[0])-float64(p.Logits[1])))
		deaths.see(t, score, k.truths[k.examples[i].HadmID].Mor, p.Label == 1)
	}
	deaths.end(t, "mor")
}

// TestKnownBestOfMimicIII: its deaths come as often as the chances say, and its codes
// are more often where their chances are higher.
func TestKnownBestOfMimicIII(t *testing.T) {
	files := stagetest.Run(t, "synth.mimiciii", "{patients: 800, radiology_per_admission: 0, seed: 13}", nil)
	patients := stagetest.Run(t, "ingest.mimiciii", "{shards: 2}", stages.Inputs{"mimic": {files}})
	var deaths tested
	k := bestOf(t, "mor", files, patients)
	for i, p := range k.predictions {
		deaths.see(t, 1/(1+math.Exp(float64(p.Logits[0])-float64(p.Logits[1]))), k.truths[k.examples[i].HadmID].Mor, p.Label == 1)
	}
	deaths.end(t, "mor")
	k = bestOf(t, "diag", files, patients)
	var scores []float64
	var coded []bool
	for _, p := range k.predictions {
		for i, logit := range p.Logits {
			scores, coded = append(scores, float64(logit)), append(coded, slices.Contains(p.Labels, int32(i)))
		}
	}
	count, err := auroc.Of(scores, coded)
	if best, _ := count.AUROC(); err != nil || best < 0.85 {
		t.Errorf("AUROC of the diagnoses %.3f, %v", best, err)
	}
}

// TestKnownBestPredictsTheExamplesOfModels: what a later dataset of tokens withdraws,
// who is in no split and what has no text is not predicted.
func TestKnownBestPredictsTheExamplesOfModels(t *testing.T) {
	files, patients := ingested(t, "{patients: 60, radiology_per_admission: 0, seed: 19}", 2)
	labels, tokens := labelled(t, "mor", patients)
	rows := stagetest.Rows[task.Tokens](t, tokens, task.TableTokens)
	withdrawn, unsplit := rows[3], rows[len(rows)-1].SubjectID
	withdrawn.InputIDs, withdrawn.NTokens = nil, 0
	in := bestInputs(t, files, patients, labels, tokens)
	subject := func(x task.Tokens) int64 { return x.SubjectID }
	in["tokens"] = []*dataset.Dataset{
		stagetest.Dataset(t, task.KindTokens, 2, nil, stagetest.TableOf(task.TableTokens, slices.Delete(slices.Clone(rows), 7, 8), subject)),
		stagetest.Dataset(t, task.KindTokens, 2, nil, stagetest.TableOf(task.TableTokens, []task.Tokens{withdrawn}, subject)),
	}
	splits := slices.DeleteFunc(stagetest.Rows[task.Split](t, in.One("split"), task.TableSplits), func(s task.Split) bool { return s.SubjectID == unsplit })
	in["split"] = []*dataset.Dataset{stagetest.Dataset(t, task.KindSplits, 2, map[string]any{split.Attribute: split.Rule{Name: "mine"}},
		stagetest.TableOf(task.TableSplits, splits, func(s task.Split) int64 { return s.SubjectID }))}
	best := stagetest.Run(t, "synth.known_best", "{}", in)
	var got, want []string
	for _, p := range stagetest.Rows[task.Prediction](t, best, task.TablePredictions) {
		got = append(got, p.ExampleID)
	}
	for part := range 2 {
		for e, err := range examples.SourceOf(in, split.Overlap{}).Part(t.Context(), part, nil) {
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, e.ExampleID)
		}
	}
	if !slices.Equal(got, want) || len(got) >= len(rows)-2 || slices.Contains(got, rows[3].TextID) || slices.Contains(got, rows[7].TextID) {
		t.Errorf("%d predictions, %d examples of %d labelled admissions", len(got), len(want), len(rows))
	}
	if of, told, err := task.Of(best); err != nil || !told || of.Name != "mor" || of.Split != "mine" {
		t.Errorf("the manifest tells the task %+v, %v", of, err)
	}
}

func truth(t *testing.T, files *dataset.Dataset) map[int64]tree.Truth {
	t.Helper()
	file, err := files.OpenFile(t.Context(), tree.FactorsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	truths := map[int64]tree.Truth{}
	for row, err := range tree.ReadTruth(file) {
		if err != nil {
			t.Fatal(err)
		}
		truths[row.HadmID] = row
	}
	return truths
}

// known is a task with its labels on a synthetic tree, and what is predicted.
type known struct {
	examples    []task.Label
	predictions []task.Prediction
	truths      map[int64]tree.Truth
	labels      []string
}

func bestOf(t *testing.T, name string, files, patients *dataset.Dataset) known {
	t.Helper()
	labels, tokens := labelled(t, name, patients)
	of, _, err := task.Of(labels)
	if err != nil {
		t.Fatal(err)
	}
	k := known{
		stagetest.Rows[task.Label](t, labels, task.TableLabels),
		predictionsOf(t, bestInputs(t, files, patients, labels, tokens)), truth(t, files), of.Labels,
	}
	if len(k.predictions) != len(k.examples) || len(k.examples) < 100 {
		t.Fatalf("%s: %d predictions for %d examples", name, len(k.predictions), len(k.examples))
	}
	for i, p := range k.predictions {
		e := k.examples[i]
		if p.ExampleID != fmt.Sprint(e.HadmID) || p.SubjectID != e.SubjectID || p.Split != split.Of(e.SubjectID, 1) ||
			p.Label != e.Label || !slices.Equal(p.Labels, e.Labels) || p.Task != name || p.Variant != "known_best" {
			t.Fatalf("prediction %d is not of its example: %+v", i, p)
		}
	}
	return k
}

// Each task's logits give its chances back, and outcomes come as often as the
// chances say.
func TestKnownBestOfEachTask(t *testing.T) {
	files, patients := ingested(t, "{patients: 1000, radiology_per_admission: 0, seed: 16}", 2)

	var classes [4]tested
	k := bestOf(t, "los", files, patients)
	for i, p := range k.predictions {
		chances := k.truths[k.examples[i].HadmID].Los
		for class, logit := range p.Logits {
			classes[class].see(t, math.Exp(float64(logit)), chances[class], p.Label == int32(class))
		}
	}
	for class := range classes {
		classes[class].end(t, "los")
	}

	var prolonged tested
	k = bestOf(t, "pmv", files, patients)
	for i, p := range k.predictions {
		odds := math.Exp(float64(p.Logits[1] - p.Logits[0]))
		prolonged.see(t, odds/(1+odds), k.truths[k.examples[i].HadmID].Pmv, p.Label == 1)
	}
	prolonged.end(t, "pmv")

	for _, name := range []string{"diag", "proc"} {
		checkCodes(t, name, bestOf(t, name, files, patients))
	}
}

// checkCodes takes the categories of the native codes by another way than the
// stage. How often a label comes is compared over both ICD versions and all
// labels: the chances leave out that later admissions have more ICD-10, and that
// admissions without a code are no examples.
func checkCodes(t *testing.T, name string, k known) {
	t.Helper()
	category := func(version int, code string) []string {
		characters := 3
		if name == "diag" && version == 9 && code[0] == 'E' {
			characters++
		}
		return []string{fmt.Sprintf("%d:%.*s", version, characters, code)}
	}
	expected, pairs := 0.0, 0.0
	for i, p := range k.predictions[:100] {
		chances := k.truths[k.examples[i].HadmID].Factors.CodeChances(name == "proc", category)
		for n, label := range k.labels {
			if got := 1 / (1 + math.Exp(-float64(p.Logits[n]))); math.Abs(got-chances[label]) > 1e-6 {
				t.Fatalf("%s: label %s has score %v, chance %v", name, label, got, chances[label])
			}
		}
	}
	for _, p := range k.predictions {
		pairs += float64(len(p.Labels))
		for _, logit := range p.Logits {
			expected += 1 / (1 + math.Exp(-float64(logit)))
		}
	}
	if len(k.labels) < 20 || math.Abs(pairs/expected-1) > 0.1 {
		t.Errorf("%s: %v pairs where about %v are expected of %d labels", name, pairs, expected, len(k.labels))
	}
}

// tested compares what comes with its chances.
type tested struct{ came, expected, variance float64 }

func (s *tested) see(t *testing.T, score, chance float64, came bool) {
	t.Helper()
	if math.Abs(score-chance) > 1e-6 {
		t.Fatalf("score %v, chance %v", score, chance)
	}
	s.expected += chance
	s.variance += chance * (1 - chance)
	if came {
		s.came++
	}
}

// end allows four standard deviations.
func (s *tested) end(t *testing.T, name string) {
	t.Helper()
	if math.Abs(s.came-s.expected) > 4*math.Sqrt(s.variance) {
		t.Errorf("%s: %v where %v are expected", name, s.came, s.expected)
	}
}

func TestKnownBestRefuses(t *testing.T) {
	files, patients := ingested(t, "{patients: 60, radiology_per_admission: 0, seed: 14}", 2)
	labels, tokens := labelled(t, "mor", patients)
	rows := stagetest.Rows[task.Label](t, labels, task.TableLabels)
	of := func(name string, kind task.Kind, recipe string) *dataset.Dataset {
		return labelsOf(t, 2, task.Task{Name: name, Kind: kind, Labels: []string{"9:428", "10:ZZZ"}, Recipe: recipe}, rows)
	}
	for name, c := range map[string]struct {
		files, labels *dataset.Dataset
		code          exit.Code
		words         []string
	}{
		"another tree":    {stagetest.Run(t, "synth.mimiciv", "{patients: 20, seed: 15}", nil), labels, exit.BadData, []string{"has no chances"}},
		"a task unknown":  {files, of("sepsis", task.Binary, "clinical"), exit.Usage, []string{"task sepsis", "mor, los"}},
		"another recipe":  {files, of("diag", task.Multilabel, "of another program"), exit.BadData, []string{"no recipe", "clinical"}},
		"a task not told": {files, stagetest.Dataset(t, task.KindLabels, 2, nil, stagetest.TableOf(task.TableLabels, rows, func(l task.Label) int64 { return l.SubjectID })), exit.BadData, []string{"tells no task"}},
	} {
		_, err := stagetest.Try(t, "synth.known_best", "{}", bestInputs(t, c.files, patients, c.labels, tokens))
		stagetest.WantCode(t, err, c.code)
		for _, word := range c.words {
			if err != nil && !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not say %q", name, err, word)
			}
		}
	}
}

// A label that the synthetic data cannot have is all but impossible.
func TestKnownBestOfAnImpossibleLabel(t *testing.T) {
	files, patients := ingested(t, "{patients: 20, radiology_per_admission: 0, seed: 17}", 1)
	labels, tokens := labelled(t, "mor", patients)
	of := task.Task{Name: "diag", Kind: task.Multilabel, Labels: []string{"10:ZZZ", "9:428"}, Recipe: "clinical"}
	labels = labelsOf(t, 1, of, stagetest.Rows[task.Label](t, labels, task.TableLabels))
	predictions := predictionsOf(t, bestInputs(t, files, patients, labels, tokens))
	if len(predictions) == 0 {
		t.Fatal("no predictions")
	}
	for _, p := range predictions {
		if impossible := p.Logits[0]; math.Abs(float64(impossible)-math.Log(1e-9)) > 1e-3 || p.Logits[1] < -10 {
			t.Fatalf("logits %v", p.Logits)
		}
	}
}
