package train

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/task"
)

// sixVariants are the variants of the paper's Table 3: what is configured, and which of
// the model's parameters move.
var sixVariants = []struct {
	name, config string
	clinical     bool // an adapter is bound to the port
	moves        []string
}{
	{"head", `peft: {type: none}`, false, []string{"task head"}},
	{"lora", `peft: {type: lora, r: 2}`, false, []string{"task head", "task lora"}},
	{"clinical_frozen", `clinical: frozen, peft: {type: none}`, true, []string{"task head"}},
	{"clinical_frozen_downstream", `clinical: frozen, peft: {type: lora, r: 2}`, true, []string{"task head", "task lora"}},
	{"clinical_trainable", `clinical: trainable, peft: {type: none}`, true, []string{"clinical lora", "task head"}},
	{"clinical_trainable_downstream", `clinical: trainable, peft: {type: lora, r: 2}`, true, []string{"clinical lora", "task head", "task lora"}},
}

// ground is a base model and a clinical adapter to try the six variants on.
func ground(t *testing.T) (tokens labelled, in, withClinical stages.Inputs) {
	t.Helper()
	tokens = corpus(t, 120, 1)
	in = tokens.with(stages.Inputs{"base": {baseModel(t, tokens, quickBase)}})
	clinical := stagetest.Run(t, "train.pretrain", `{learning_rate: 0.02, peft: {r: 2}}`, in)
	return tokens, in, tokens.with(stages.Inputs{"base": in["base"], "clinical": {clinical}})
}

func TestSixVariantsTrainWhatTheyName(t *testing.T) {
	_, in, withClinical := ground(t)
	splits, _, err := readSplits(t.Context(), examples.SourceOf(in, split.Overlap{}), leakage.Ancestry{}, "train", "val")
	must(t, err)
	spec, _ := stages.Default.Lookup("train.finetune")
	for _, c := range sixVariants {
		ports := in
		if c.clinical {
			ports = withClinical
		}
		built, err := spec.Build(stages.Default, stagetest.Resolve(t, spec.Config(), `{epochs: 1, learning_rate: 0.01, `+c.config+`}`))
		must(t, err)
		config := built.(*finetune).config
		if got := config.variantName(c.clinical); got != c.name {
			t.Errorf("%s calls itself %s", c.name, got)
		}
		must(t, onDevice{stages.Default}.onBase(t.Context(), ports, "", func(m *model.Model, dir string) error {
			v, err := newVariant(t.Context(), m, dir, config, twoLabels, ports)
			must(t, err)
			before := parameters(t, m)
			work, err := store.Open(t.TempDir())
			must(t, err)
			to, err := config.trainer(t.Context(), stages.Default, m, twoLabels, v, splits, work)
			must(t, err)
			defer to.Hidden.Close()
			once := len(c.moves) == 1 // the head alone: each document is one number
			if got := len(to.Train[0].InputIDs) == 1; got != once {
				t.Errorf("%s: hidden states computed once: %v, want %v", c.name, got, once)
			}
			_, err = to.Learn(t.Context(), work)
			must(t, err)
			if diff := cmp.Diff(c.moves, moved(t, before, parameters(t, m))); diff != "" {
				t.Errorf("%s: the parameters that move:\n%s", c.name, diff)
			}
			return nil
		}))
	}
}

// parameters are the present values by name.
func parameters(t *testing.T, m *model.Model) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, p := range m.Params().All() {
		all[p.Name()] = make([]float32, p.Len())
		must(t, p.Download(kernel.F32s(all[p.Name()])))
	}
	return all
}

// moved names the groups whose parameters changed. A group that changed in part
// is a mistake.
func moved(t *testing.T, before, after map[string][]float32) []string {
	t.Helper()
	changed := map[string]bool{}
	for name, values := range before {
		group, rest, inAdapter := strings.Cut(name, "/")
		switch {
		case !inAdapter:
			group = "base"
		case strings.HasSuffix(rest, "score.weight"):
			group += " head"
		default:
			group += " lora"
		}
		now := !slices.Equal(values, after[name])
		if was, seen := changed[group]; seen && was != now {
			t.Errorf("%s: %s does not do what the others of its group do", group, name)
		}
		changed[group] = now
	}
	maps.DeleteFunc(changed, func(_ string, moves bool) bool { return !moves })
	return slices.Sorted(maps.Keys(changed))
}

func TestWhatIsPredictedIsWhatWasTrained(t *testing.T) {
	tokens, in, withClinical := ground(t)
	for _, c := range sixVariants {
		ports := in
		if c.clinical {
			ports = withClinical
		}
		adapter := stagetest.Run(t, "train.finetune", `{epochs: 1, learning_rate: 0.01, class_weights: none, `+strings.Replace(c.config, "r: 2", "r: 2, dropout: 0.3", 1)+`}`, ports)
		// The loss of the predictions is the one measured while training: all
		// adapters applied, no dropout.
		log := readLog(t, adapter)
		got := crossEntropy(predictions(t, tokens, in.One("base"), adapter, `{variant: x, splits: [val]}`))
		if want := log[len(log)-1].Loss; math.Abs(got-want) > 1e-4 {
			t.Errorf("%s: the predictions' loss on val is %.6f, the training log's %.6f", c.name, got, want)
		}
	}
}

// crossEntropy is the mean loss of predictions.
func crossEntropy(rows []task.Prediction) float64 {
	var sum float64
	for _, row := range rows {
		sum += auroc.LogSumExp(row.Logits) - float64(row.Logits[row.Label])
	}
	return sum / float64(len(rows))
}
