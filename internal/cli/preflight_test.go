package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bases are two model folders of one shape and other weights, and a link to the
// first.
func bases(t *testing.T, dir string) {
	t.Helper()
	stories := "../../stages/train/model/testdata/stories260K"
	for _, name := range []string{"one", "two"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(stories)); err != nil {
			t.Fatal(err)
		}
	}
	weights := []byte(read(t, dir, "two", "model.safetensors"))
	weights[len(weights)-1] ^= 1
	write(t, filepath.Join(dir, "two", "model.safetensors"), string(weights))
	if err := os.Symlink("one", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
}

// labelled is a DAG that fine-tunes on lengths of stay and predicts.
const labelled = `name: labelled
steps:
  patients: {stage: ingest.mimiciv, with: {root: tree, shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
  stays: {stage: label.length_of_stay, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokens: {stage: tokenize.texts, in: {texts: texts}, with: {tokenizer: one}}
  tuned: {stage: train.finetune, in: {tokens: tokens, labels: stays, split: split}, with: {base: one}}
  predictions: {stage: train.predict, in: {tokens: tokens, labels: stays, split: split, adapter: tuned}, with: {base: one, variant: lora}}
  auroc: {stage: eval.auroc, in: {predictions: [predictions]}}
`

// A port that takes one step and is given a list is a fault, and to the steps behind it
// one whose texts are not known.
func TestAListInPlaceOfAStep(t *testing.T) {
	dir := t.TempDir()
	bases(t, dir)
	write(t, filepath.Join(dir, "list.yaml"), strings.ReplaceAll(labelled, "in: {texts: texts}", "in: {texts: [texts]}"))
	said := clinflow(t, dir, 2, "lint", "list.yaml").all()
	if want := "steps.tokens.in.texts: the port takes one dataset, got a list"; !strings.Contains(said, want) {
		t.Errorf("no %q in %s", want, said)
	}
}

// Eight faults of eight kinds, all told before anything runs.
func TestEightFaultsAreToldAtOnce(t *testing.T) {
	dir := t.TempDir()
	bases(t, dir)
	write(t, filepath.Join(dir, "faulty.yaml"), strings.NewReplacer(
		"name: labelled\n", "name: faulty\nschedule: {cron: \"61 3 * * *\"}\n",
		"root: tree", "root: nowhere",
		"labels: stays, split: split, adapter", "labels: deaths, split: split, adapter",
		"base: one, variant: lora", `base: two, variant: "lora r=8"`,
		"steps:\n", "steps:\n  more: {stage: ingest.mimicv, with: {root: tree}}\n  deaths: {stage: label.mortality, in: {patients: patients}, with: {quirks: {death_filters: false}}}\n",
	).Replace(labelled))
	want := []string{
		"faulty.yaml: --memory: 5 is too little",
		`faulty.yaml: --device: "gpu" is not a device`,
		"faulty.yaml:2:18: schedule.cron: 61 is no minute",
		"faulty.yaml:4:17: steps.more.stage: unknown stage ingest.mimicv; did you mean ingest.mimiciv?",
		"faulty.yaml:6:50: steps.patients.with.root: nowhere is not there",
		"faulty.yaml:12:99: steps.predictions.in.adapter: tuned is over the base model one, this step over two, which is another",
		"faulty.yaml:12:99: steps.predictions.in.adapter: is trained for los (multiclass), the labels are of mor (binary)",
		`faulty.yaml:12:134: steps.predictions.with.variant: is no name`,
	}
	for _, command := range []string{"lint", "plan", "run"} {
		r := clinflow(t, dir, 2, command, "faulty.yaml", "--device", "gpu", "--memory", "5")
		told := strings.Split(strings.TrimSpace(strings.TrimPrefix(r.stderr, "error: ")), "\n")
		if len(told) != len(want) {
			t.Errorf("%s tells %d faults, want %d:\n%s", command, len(told), len(want), r.stderr)
			continue
		}
		for i := range want {
			if !strings.HasPrefix(told[i], want[i]) {
				t.Errorf("%s: %s\nwant %s…", command, told[i], want[i])
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "clinflow-out")); err == nil {
		t.Error("a run that is refused left an output folder")
	}
}

// Each change of a sound DAG is a fault that only a step in the middle of the run
// would have met.
func TestFaultsAreToldBeforeTheFirstStep(t *testing.T) {
	dir := tree(t)
	bases(t, dir)
	write(t, filepath.Join(dir, "sound.yaml"), labelled)
	write(t, filepath.Join(dir, "linked.yaml"), strings.Replace(labelled, "base: one, variant", "base: link, variant", 1))
	for _, dag := range []string{"sound.yaml", "linked.yaml"} {
		if r := clinflow(t, dir, 0, "lint", dag); r.stdout != dag+": 8 steps, no faults\n" {
			t.Errorf("lint %s: %s", dag, r.all())
		}
		clinflow(t, dir, 0, "plan", dag)
	}
	if err := os.MkdirAll(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	fewer := strings.Replace(read(t, dir, "one", "config.json"), `"vocab_size": 512`, `"vocab_size": 500`, 1)
	for _, c := range []struct{ name, from, to, want string }{
		{"no such tree", "root: tree", "root: nowhere", ":3:50: steps.patients.with.root: nowhere is not there"},
		{"no tables", "root: tree", "root: empty", ":3:50: steps.patients.with.root: missing"},
		{"no notes", "root: tree", "root: tree, note_root: empty", ":3:67: steps.patients.with.note_root: missing"},
		{"no tokenizer", "tokenizer: one", "tokenizer: empty", ":7:73: steps.tokens.with.tokenizer: "},
		{"a model without config.json", "base: one}", "base: empty}", ":8:98: steps.tuned.with.base: empty: has no config.json"},
		{"a base of neither step nor path", "with: {base: one}}", "with: {}}", ":8:91: steps.tuned.with.base: is missing"},
		{"another base", "base: one, variant", "base: two, variant", ":9:98: steps.predictions.in.adapter: tuned is over the base model one"},
		{"another task", "labels: stays, split: split, adapter: tuned}", "labels: deaths, split: split, adapter: tuned}", ":9:99: steps.predictions.in.adapter: is trained for los (multiclass), the labels are of mor (binary)"},
		{"labels listed with another split", "{stage: label.length_of_stay, in: {patients: patients}}", `{stage: label.diagnoses, in: {patients: patients, label_set: set}}
  other: {stage: split.hash, in: {patients: patients}, with: {seed: 7}}
  set: {stage: label.set, in: {patients: patients, split: other}, with: {task: diag}}`,
			":10:77: steps.tuned.in.split: is by hash, seed 1; the step set, which lists the labels, has hash, seed 7; give both the same split"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(labelled, c.from, c.to, 1)
			if c.name == "another task" {
				changed += "  deaths: {stage: label.mortality, in: {patients: patients}, with: {quirks: {death_filters: false}}}\n"
			}
			if changed == labelled {
				t.Fatal("the DAG has no such text")
			}
			write(t, filepath.Join(dir, "changed.yaml"), changed)
			if c.want == "" {
				clinflow(t, dir, 0, "lint", "changed.yaml")
				return
			}
			for _, command := range []string{"lint", "plan", "run"} {
				if r := clinflow(t, dir, 2, command, "changed.yaml"); strings.Contains(r.stderr, "step started") || !strings.Contains(r.stderr, "error: changed.yaml"+c.want) {
					t.Errorf("%s says\n%swant …%s", command, r.stderr, c.want)
				}
			}
			clinflow(t, dir, 0, "lint", "--no-inputs", "changed.yaml")
		})
	}
	// The tokenizer of one model, the vocabulary of another.
	write(t, filepath.Join(dir, "two", "config.json"), fewer)
	write(t, filepath.Join(dir, "mixed.yaml"), strings.ReplaceAll(labelled, "base: one", "base: two"))
	r := clinflow(t, dir, 2, "lint", "mixed.yaml")
	if !strings.Contains(r.stderr, "mixed.yaml:8:47: steps.tuned.in.tokens: the tokenizer of tokens has 512 pieces, the base model's vocabulary is 500") {
		t.Errorf("a tokenizer larger than the model: %s", r.stderr)
	}
}

// A GPU that is asked for by name is looked for before data stages work for it.
func TestAMissingGPUIsToldFirst(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"lint", "demo"}, {"plan", "demo"}, {"run", "demo"}, {"demo"}} {
		r := clinflow(t, dir, 2, append(args, "--device", "cuda:99")...)
		if strings.Count(r.stderr, "error: demo (shipped): --device: cuda:99: ") != 1 || strings.Contains(r.stderr, "step started") {
			t.Errorf("%v: %s", args, r.stderr)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "steps", "*")); err != nil || len(left) > 0 {
		t.Errorf("a refused run left %v, %v", left, err)
	}
}

// A machine with none of the inputs is told so; it is no fault of the file.
func TestLintOnAMachineWithoutTheData(t *testing.T) {
	r := clinflow(t, t.TempDir(), 0, "lint", "two-step")
	for _, want := range []string{"/models/llama-7b is not there", "this machine has none of the inputs"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("lint does not say %q:\n%s", want, r.all())
		}
	}
	clinflow(t, t.TempDir(), 2, "lint", "two-step", "--set", "note="+t.TempDir())
	clinflow(t, t.TempDir(), 2, "plan", "two-step")
	if r := clinflow(t, t.TempDir(), 0, "lint", "--no-inputs", "two-step"); r.stdout != "two-step (shipped): 20 steps, no faults\n" {
		t.Errorf("--no-inputs: %s", r.all())
	}
}

// GODEBUG takes features from a processor that has them.
func TestKernelsThatTheProcessorCannotRunAreRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "one.yaml"), "name: one\nsteps:\n  made: {stage: synth.mimiciv, with: {patients: 10}}\n")
	for _, args := range [][]string{{"lint", "one.yaml"}, {"run", "one.yaml"}} {
		cmd := command(t, dir, append(args, "--device", "cpu:avx512")...)
		cmd.Env = append(cmd.Env, "GODEBUG=cpu.avx2=off,cpu.fma=off,cpu.avx512f=off")
		r := finish(t, cmd)
		const want = "--device: cpu:avx512: the kernel avx512 needs AVX2 and FMA and AVX512F, which this processor or its system does not have; it runs go\n"
		if r.code != 2 || !strings.HasSuffix(r.stderr, want) {
			t.Errorf("%s: exit code %d, %s\nwant …%s", args[0], r.code, r.stderr, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "clinflow-out")); err == nil {
		t.Error("a run that is refused left an output folder")
	}
}

// What the base model cannot take of an adapter, or of sequences, is told before any data
// is read.
func TestWhatABaseCannotTakeIsAFault(t *testing.T) {
	dir := t.TempDir()
	bases(t, dir)
	file := strings.Replace(labelled, "with: {base: one}}", "with: {base: one, peft: {target_modules: [qq_proj]}}}", 1)
	for name, with := range map[string]string{
		"long":  "packing: window, sequence_length: 5000",
		"many":  "packing: pack, peft: {type: prompt_tuning, num_virtual_tokens: 3}",
		"deep":  "peft: {type: adaption_prompt, adapter_len: 3, adapter_layers: 90}",
		"sound": "packing: pack, sequence_length: 32",
	} {
		file += "  " + name + ": {stage: train.pretrain, in: {tokens: tokens, split: split}, with: {base: one, " + with + "}}\n"
	}
	write(t, filepath.Join(dir, "faulty.yaml"), file)
	said := clinflow(t, dir, 2, "lint", "faulty.yaml").all()
	for _, want := range []string{
		`steps.tuned.with.peft: adapter new: target_modules: the model has no linear layer "qq_proj"`,
		"steps.long.with.packing: sequences of 5000 tokens are longer than the model's max_position_embeddings 512",
		"steps.many.with.packing: with pack a sequence holds many documents",
		"steps.deep.with.peft: adapter new: adapter_layers: is 90, the base model has 5 layers",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
	if strings.Contains(said, "steps.sound") {
		t.Errorf("a fault of what fits: %s", said)
	}
}

// Figures of two splits, or by two recipes, are not told side by side as if they were of one,
// nor is what is not bound to where it belongs passed over in silence.
func TestWhatIsMeasuredApartIsNotToldTogether(t *testing.T) {
	dir := t.TempDir()
	bases(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "other", "manifest.json"), "{}")
	write(t, filepath.Join(dir, "apart.yaml"), labelled+`  others: {stage: eval.compare, in: {predictions: [predictions]}, with: {recipe: paper, other_run: [other]}}
  groups: {stage: eval.subgroups, in: {predictions: [predictions], patients: patients}, with: {split: val}}
  report: {stage: eval.report, in: {metrics: auroc, comparisons: others, subgroups: groups}}
  swapped: {stage: eval.report, in: {metrics: auroc, comparisons: groups, subgroups: others}}
  model: {stage: eval.model_card, in: {adapter: tuned, metrics: auroc, subgroups: groups}}
`)
	said := clinflow(t, dir, 2, "lint", "apart.yaml").all()
	for _, want := range []string{
		"steps.others.with.other_run[0]: ",
		"steps.report.in.comparisons: others measures by the recipe paper, the port metrics by clinical",
		"steps.report.in.subgroups: groups measures the split val, the port metrics is of test",
		"steps.swapped.in.comparisons: groups gives subgroups, the port takes comparisons",
		"steps.model.in.subgroups: groups measures the split val",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
}
