package card_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/card"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// canary is in all texts and in nothing that the stages write.
const canary = "zqcanary"

// admission is an admission with its text, label and split.
type admission struct {
	subject, hadm int64
	split, text   string
	label         int32
	labels        []int32
}

// inputs writes admissions, in the order of patients, into parts.
func inputs(t testing.TB, of task.Task, parts int, list ...admission) stages.Inputs {
	t.Helper()
	var texts []task.Text
	var labels []task.Label
	splits, seen := []task.Split{}, map[int64]bool{}
	for _, a := range list {
		texts = append(texts, task.Text{TextID: fmt.Sprint(a.hadm), SubjectID: a.subject, HadmID: a.hadm, PredictionTime: 5, Text: canary + a.text})
		labels = append(labels, task.Label{SubjectID: a.subject, HadmID: a.hadm, PredictionTime: 5, Label: a.label, Labels: a.labels})
		if !seen[a.subject] {
			seen[a.subject] = true
			splits = append(splits, task.Split{SubjectID: a.subject, Split: a.split})
		}
	}
	return stages.Inputs{
		"texts": {stagetest.Dataset(t, task.KindTexts, parts, nil, stagetest.TableOf(task.TableTexts, texts, func(r task.Text) int64 { return r.SubjectID }))},
		"labels": {stagetest.Dataset(t, task.KindLabels, parts, map[string]any{task.Attribute: of},
			stagetest.TableOf(task.TableLabels, labels, func(r task.Label) int64 { return r.SubjectID }))},
		"split": {stagetest.Dataset(t, task.KindSplits, parts, map[string]any{split.Attribute: split.Rule{Name: "hash", Seed: 1}},
			stagetest.TableOf(task.TableSplits, splits, func(r task.Split) int64 { return r.SubjectID }))},
	}
}

// with binds the equal texts too.
func with(in stages.Inputs, duplicates *dataset.Dataset) stages.Inputs {
	in = maps.Clone(in)
	in["duplicates"] = []*dataset.Dataset{duplicates}
	return in
}

func duplicatesOf(t testing.TB, in stages.Inputs) *dataset.Dataset {
	t.Helper()
	return stagetest.Run(t, "label.duplicates", "{}", stages.Inputs{"texts": in["texts"], "split": in["split"]})
}

func cardOf(t testing.TB, d *dataset.Dataset) (c card.Card) {
	t.Helper()
	if err := d.ReadJSON(t.Context(), card.JSONFile, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

var (
	mortality = task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"survived", "died"}}
	diagnoses = task.Task{Name: "diag", Kind: task.Multilabel, Labels: []string{"038", "250", "428"}}
)

// some are 160 admissions of as many patients, half of them in train and a quarter each in
// val and test; a quarter of the patients died.
func some() (list []admission) {
	for i := range int64(160) {
		a := admission{subject: i, hadm: i + 1000, split: split.Names[[]int{0, 0, 1, 2}[i%4]], text: strings.Repeat("x", int(i)), label: int32(i / 4 % 4 / 3)}
		a.labels = []int32{int32(i / 4 % 2)}
		list = append(list, a)
	}
	return list
}

func TestGateOpensAndCloses(t *testing.T) {
	late := func(in stages.Inputs) {
		rows := stagetest.Rows[task.Text](t, in["texts"][0], task.TableTexts)
		rows[0].PredictionTime = 6
		in["texts"][0] = stagetest.Dataset(t, task.KindTexts, 1, nil, stagetest.TableOf(task.TableTexts, rows, func(r task.Text) int64 { return r.SubjectID }))
	}
	half := func(in stages.Inputs) { // of the labels have a text
		rows := stagetest.Rows[task.Text](t, in["texts"][0], task.TableTexts)
		in["texts"][0] = stagetest.Dataset(t, task.KindTexts, 1, nil, stagetest.TableOf(task.TableTexts, rows[:80], func(r task.Text) int64 { return r.SubjectID }))
	}
	none := func(stages.Inputs) {}
	for _, c := range []struct {
		name, config string
		of           task.Task
		change       func(stages.Inputs)
		want         []string // limits that are passed; none: the gate is open
	}{
		{"as given", "", mortality, none, nil},
		{"as given, of many labels", "", diagnoses, none, nil},
		{"few examples", "min_examples: 41", mortality, none, []string{"min_examples of val: 40, at least 41 is asked for", "min_examples of test: 40, at least 41 is asked for"}},
		{"few of a class", "min_class: 11", mortality, none, []string{"min_class of val, died: 10, at least 11 is asked for", "min_class of test, died: 10, at least 11 is asked for"}},
		{"a label without examples", "max_missing_labels: 0.3", diagnoses, none, []string{"max_missing_labels of train: 1 of 3, 0.3 is allowed", "max_missing_labels of val: 1 of 3", "max_missing_labels of test: 1 of 3"}},
		{"labels without texts", "max_without_text: 0.49", mortality, half, []string{"max_without_text of train: 40 of 80, 0.49 is allowed", "of val: 20 of 40", "of test: 20 of 40"}},
		{"labels without texts that may be", "max_without_text: 0.5", mortality, half, nil},
		{"a text of later than its index time", "", mortality, late, []string{"max_after_index of train: <10 of 80, 0 is allowed"}},
		{"that may be", "max_after_index: 0.02", mortality, late, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := inputs(t, c.of, 1, some()...)
			c.change(in)
			_, err := stagetest.Try(t, "label.card", "{"+c.config+"}", in)
			if c.want == nil && err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), want) {
					t.Errorf("want %q, got %v", want, err)
				}
			}
			if c.want == nil {
				return
			}
			if n := strings.Count(err.Error(), " is allowed") + strings.Count(err.Error(), " is asked for"); n != len(c.want) {
				t.Errorf("%d limits are passed, want %d: %v", n, len(c.want), err)
			}
			open := cardOf(t, stagetest.Run(t, "label.card", strings.Trim("{enforce: false, "+c.config, ", ")+"}", in))
			if n := len(slices.DeleteFunc(open.Checks, func(c card.Check) bool { return !c.Failed })); n != len(c.want) {
				t.Errorf("the card tells %d of %d limits that are passed", n, len(c.want))
			}
		})
	}
}

// TestTokensWithoutTexts: labels of notes are joined to the tokens of notes.
func TestTokensWithoutTexts(t *testing.T) {
	in := inputs(t, mortality, 2, some()...)
	var rows []task.Tokens
	for i, a := range some() {
		rows = append(rows, task.Tokens{TextID: fmt.Sprint(a.hadm), SubjectID: a.subject, HadmID: a.hadm, InputIDs: make([]int32, 1+i%3), NTokens: int32(1 + i%3)})
	}
	texts := in["texts"]
	in["tokens"] = []*dataset.Dataset{stagetest.Dataset(t, task.KindTokens, 2, nil, stagetest.TableOf(task.TableTokens, rows, func(r task.Tokens) int64 { return r.SubjectID }))}
	of := func(bound []*dataset.Dataset) card.Card {
		in["texts"] = bound
		return cardOf(t, stagetest.Run(t, "label.card", "{}", in))
	}
	both, alone := of(texts), of(nil)
	for i, s := range alone.Splits {
		if s.Characters != nil || both.Splits[i].Characters == nil {
			t.Errorf("%s: lengths in characters are told of tokens, or not of texts", s.Split)
		}
		if diff := cmp.Diff(both.Splits[i].Tokens, s.Tokens); diff != "" || s.Tokens == nil || s.Tokens.Bins[1] == 0 {
			t.Errorf("%s: %s", s.Split, diff)
		}
	}
	if diff := cmp.Diff(both.Join, alone.Join); diff != "" {
		t.Error(diff)
	}
	delete(in, "tokens")
	_, err := stagetest.Try(t, "label.card", "{}", in)
	stagetest.WantCode(t, err, exit.Usage)
}

// TestPatientsInTwoSplits: a split by admission is counted, and closes the gate unless so
// many patients may be in two splits.
func TestPatientsInTwoSplits(t *testing.T) {
	in := inputs(t, mortality, 1, slices.Insert(some(), 1, admission{subject: 0, hadm: 999, split: "train"})...)
	splits := append([]task.Split{{HadmID: 999, Split: "test"}}, stagetest.Rows[task.Split](t, in["split"][0], task.TableSplits)...)
	in["split"] = []*dataset.Dataset{stagetest.Dataset(t, task.KindSplits, 1, map[string]any{split.Attribute: split.Rule{Name: "file", By: split.ByAdmission}},
		stagetest.TableOf(task.TableSplits, splits, func(r task.Split) int64 { return r.SubjectID }))}
	_, err := stagetest.Try(t, "label.card", "{}", in)
	if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "max_patients_in_two_splits: <10, 0 is allowed") {
		t.Errorf("a patient in two splits: %v", err)
	}
	c := cardOf(t, stagetest.Run(t, "label.card", "{max_patients_in_two_splits: 1, small_cells: show}", in))
	if c.PatientsInTwoSplits != 1 || c.Splits[2].Patients != 41 || c.Splits[2].Examples != 41 {
		t.Errorf("%d patients in two splits, %d of the test with %d examples", c.PatientsInTwoSplits, c.Splits[2].Patients, c.Splits[2].Examples)
	}
}

// TestEqualTexts: a text that is remembered from training does not measure anything.
func TestEqualTexts(t *testing.T) {
	list := some()
	list[4].text, list[0].text = list[3].text, list[3].text // train, train and test
	in := inputs(t, mortality, 1, list...)
	duplicates := duplicatesOf(t, in)
	var found card.Duplicates
	if err := duplicates.ReadJSON(t.Context(), card.DuplicatesFile, &found); err != nil {
		t.Fatal(err)
	}
	want := [][]card.Member{{{"1000", 0, 1000, "train"}, {"1003", 3, 1003, "test"}, {"1004", 4, 1004, "train"}}}
	if diff := cmp.Diff(want, found.Groups); diff != "" {
		t.Error(diff)
	}
	_, err := stagetest.Try(t, "label.card", "{max_equal_across: 0, max_equal_within: 0, small_cells: show}", with(in, duplicates))
	for _, want := range []string{"max_equal_within of train: 2 of 80", "max_equal_across of train: 2 of 80", "max_equal_across of test: 1 of 40"} {
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if c := cardOf(t, stagetest.Run(t, "label.card", "{}", in)); c.Splits[0].Equal != nil {
		t.Error("equal texts are told though nothing looked for them")
	}
}

// TestPartsDoNotShow: cards and lists of equal texts are the same however the patients
// lie in parts.
func TestPartsDoNotShow(t *testing.T) {
	files := func(parts int) []string {
		list := some()
		for i := range list {
			list[i].text = fmt.Sprint(i % 37)
		}
		in := inputs(t, diagnoses, parts, list...)
		duplicates := duplicatesOf(t, in)
		c := cardOf(t, stagetest.Run(t, "label.card", "{}", with(in, duplicates)))
		c.Schema = nil // it has the digests of the inputs
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		groups, err := duplicates.ReadFile(t.Context(), card.DuplicatesFile)
		if err != nil {
			t.Fatal(err)
		}
		return []string{string(text), string(groups)}
	}
	if diff := cmp.Diff(files(1), files(7)); diff != "" {
		t.Error(diff)
	}
}

// TestNoTextIsTold: what is written holds counts and ids alone.
func TestNoTextIsTold(t *testing.T) {
	in := inputs(t, mortality, 1, some()...)
	duplicates := duplicatesOf(t, in)
	for _, d := range []*dataset.Dataset{duplicates, stagetest.Run(t, "label.card", "{}", with(in, duplicates))} {
		for _, file := range d.Manifest.Files {
			if text, err := d.ReadFile(t.Context(), file.Name); err != nil || strings.Contains(string(text), canary) {
				t.Errorf("%s holds a text, or %v", file.Name, err)
			}
		}
	}
}
