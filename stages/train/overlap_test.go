package train

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// byAdmission are the examples of a corpus with a split by admission: of every patient
// the first text is trained on and the last is tested.
func byAdmission(t *testing.T) stages.Inputs {
	t.Helper()
	in := corpus(t, 60, 1).with(nil)
	tokens := stagetest.Rows[task.Tokens](t, in["tokens"][0], task.TableTokens)
	labels := stagetest.Rows[task.Label](t, in["labels"][0], task.TableLabels)
	var splits []task.Split
	for i := range tokens {
		hadm := int64(1000 + i)
		tokens[i].SubjectID, tokens[i].HadmID = int64(i/2), hadm
		labels[i] = task.Label{SubjectID: int64(i / 2), HadmID: hadm, Label: int32(i / 2 % 2)}
		splits = append(splits, task.Split{SubjectID: int64(i / 2), HadmID: hadm, Split: []string{"train", "test"}[i%2]})
	}
	of, _, err := task.Of(in["labels"][0])
	must(t, err)
	return stages.Inputs{
		"tokens": {stagetest.Dataset(t, task.KindTokens, 1, nil, stagetest.TableOf(task.TableTokens, tokens, func(r task.Tokens) int64 { return r.SubjectID }))},
		"labels": {stagetest.Dataset(t, task.KindLabels, 1, map[string]any{task.Attribute: of}, stagetest.TableOf(task.TableLabels, labels, func(r task.Label) int64 { return r.SubjectID }))},
		"split": {stagetest.Dataset(t, task.KindSplits, 1, map[string]any{split.Attribute: split.Rule{Name: "file", By: split.ByAdmission}},
			stagetest.TableOf(task.TableSplits, splits, func(r task.Split) int64 { return r.SubjectID }))},
	}
}

// Training and prediction refuse a split by admission that has patients on two sides,
// unless they are told to take it; then what they leave says how many there are. What
// was trained on a patient's one admission may then predict the other.
func TestASplitByAdmissionIsRefusedUnlessItIsAllowed(t *testing.T) {
	in := byAdmission(t)
	const allowed = "allow_patient_overlap: true"
	made := map[string]*dataset.Dataset{"tokenizer": smallestTokenizer(t)}
	for _, c := range []struct {
		stage, config, port string // the port that later stages take it by
		labelled            bool
	}{
		{"train.base", "hidden_size: 16, intermediate_size: 24, layers: 1, heads: 2, kv_heads: 1, max_length: 24", "base", false},
		{"train.pretrain", "peft: {r: 2}", "clinical", false},
		{"train.finetune", "epochs: 1, peft: {r: 2}", "adapter", true},
		{"train.predict", "splits: [test]", "", true},
		{"train.baseline", "splits: [test]", "", true},
	} {
		ports := withMade(c.stage, in, made)
		_, err := stagetest.Try(t, c.stage, "{"+c.config+"}", ports)
		if exit.Of(err) != exit.BadData || err == nil || !strings.Contains(err.Error(), "30 patients occur in more than one split") || !strings.Contains(err.Error(), allowed) {
			t.Errorf("%s: %v", c.stage, err)
		}
		d := stagetest.Run(t, c.stage, "{"+strings.TrimPrefix(c.config+", "+allowed, ", ")+"}", ports)
		of, _, err := task.Of(d)
		if err != nil || of.SharedPatients != 30 {
			t.Errorf("%s: %+v, %v; want 30 patients in two splits", c.stage, of, err)
		}
		made[c.port] = d
	}
}

// withMade are the inputs of a stage, with what was made before where it takes that.
func withMade(stage string, in stages.Inputs, made map[string]*dataset.Dataset) stages.Inputs {
	spec, _ := stages.Default.Lookup(stage)
	ports := stages.Inputs{}
	for _, port := range spec.In {
		switch {
		case in[port.Name] != nil:
			ports[port.Name] = in[port.Name]
		case made[port.Name] != nil:
			ports[port.Name] = []*dataset.Dataset{made[port.Name]}
		}
	}
	return ports
}

// Lint tells it before anything runs.
func TestLintRefusesASplitByAdmission(t *testing.T) {
	split := &stages.Giver{Step: "split", Built: ruled{split.Rule{Name: "file", By: split.ByAdmission}}}
	for _, stage := range []string{"train.base", "train.pretrain", "train.finetune", "train.predict", "train.baseline"} {
		for config, refused := range map[string]bool{"{}": true, "allow_patient_overlap: true": false} {
			spec, _ := stages.Default.Lookup(stage)
			built, err := spec.Build(environment("cpu:go", 1), stagetest.Resolve(t, spec.Config(), config))
			must(t, err)
			told := false
			for _, fault := range built.(stages.Checked).Check(t.Context(), stages.Givers{"split": {split}}) {
				told = told || fault.Key == "in.split" && strings.Contains(fault.What(), "is by admission")
			}
			if told != refused {
				t.Errorf("%s, %s: told %v", stage, config, told)
			}
		}
	}
}

// ruled is a stage that splits by a rule.
type ruled struct{ rule split.Rule }

func (r ruled) Rule() split.Rule { return r.rule }
