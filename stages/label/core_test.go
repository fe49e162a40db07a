package label_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/synth"
)

// coreTree is what oracle/core_labels.py has of CORe's own scripts on a tree.
type coreTree struct {
	Synth        map[string]any      `json:"synth"` // settings of synth.mimiciii
	Admissions   int                 `json:"admissions"`
	LeastPlanted int                 `json:"least_planted"`
	Tasks        map[string]coreTask `json:"tasks"`
	Labels       map[string]string   `json:"labels"` // the list of a task
}

type coreTask struct {
	Examples map[string]int `json:"examples"` // by split
	Buckets  string         `json:"buckets"`  // six digits of sha256 for each bucket
}

// The buckets are of admissions, by hadm_id.
const (
	coreBuckets  = 128
	bucketDigits = 6
)

func coreGolden(t *testing.T) map[string]coreTree {
	t.Helper()
	data, err := os.ReadFile("testdata/core_labels.json")
	if err != nil {
		t.Fatal(err)
	}
	var trees map[string]coreTree
	if err := json.Unmarshal(data, &trees); err != nil {
		t.Fatal(err)
	}
	return trees
}

// TestCoreIsCORe: the recipe core gives the ids, splits, labels and texts that CORe's
// scripts give, byte for byte, and its lists of labels in their order.
func TestCoreIsCORe(t *testing.T) { isCORe(t, coreGolden(t)["seed 1"]) }

// TestCoreIsCOReOnTheDemo: on real tables too.
func TestCoreIsCOReOnTheDemo(t *testing.T) { isCORe(t, coreGolden(t)["demo"]) }

func isCORe(t *testing.T, want coreTree) {
	made := coreMade(t, want.Synth)
	for name, examples := range made.examples {
		counts, buckets := map[string]int{}, make([]string, coreBuckets)
		slices.SortFunc(examples, func(a, b coreExample) int { return int(a.hadmID - b.hadmID) })
		for _, e := range examples {
			counts[e.split]++
			buckets[e.hadmID%coreBuckets] += e.line
		}
		golden := want.Tasks[name]
		for _, split := range []string{"train", "val", "test"} {
			if counts[split] != golden.Examples[split] {
				t.Errorf("%s: %d examples of %s, CORe has %d", name, counts[split], split, golden.Examples[split])
			}
		}
		for i, lines := range buckets {
			if digits := digest(lines)[:bucketDigits]; digits != golden.Buckets[i*bucketDigits:(i+1)*bucketDigits] {
				t.Errorf("%s: an admission with hadm_id %% %d = %d is another", name, coreBuckets, i)
			}
		}
	}
	for name, list := range want.Labels {
		if got := strings.Join(made.labels[name], " "); got != list {
			t.Errorf("%s: the list of labels is another, or has another order", name)
		}
	}
}

// coreExample is an example as the golden file has it: hadm_id, split, label and the
// sha256 of the text.
type coreExample struct {
	hadmID      int64
	split, line string
}

// made is what the recipe core makes of a tree, by task.
type made struct {
	examples map[string][]coreExample
	labels   map[string][]string
}

// coreMade runs the stages as a user would who wants CORe's tasks.
func coreMade(t *testing.T, settings map[string]any) made {
	t.Helper()
	settings["core_lists"] = true
	config, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	files := stagetest.Run(t, "synth.mimiciii", string(config), nil)
	patients := stagetest.Run(t, "ingest.mimiciii", "{shards: 3}", stages.Inputs{"mimic": {files}})
	in := stages.Inputs{"patients": {patients}}
	splits := map[int64]string{}
	for _, s := range stagetest.Rows[task.Split](t, stagetest.Run(t, "split.core", fmt.Sprintf("{folder: %q}", files.URI()+"/core_lists"), in), task.TableSplits) {
		splits[s.SubjectID] = s.Split
	}
	notes := stagetest.Run(t, "text.core_notes", "{recipe: core}", in)
	texts := stagetest.Run(t, "text.admission", "{recipe: core}", stages.Inputs{"patients": {patients}, "core_notes": {notes}})
	withoutDeaths := stagetest.Run(t, "text.without_deaths", "{recipe: core}", stages.Inputs{"texts": {texts}})
	m := made{map[string][]coreExample{}, map[string][]string{}}
	for name, stage := range map[string]string{"mor": "mortality", "los": "length_of_stay", "diag": "diagnoses", "proc": "procedures"} {
		of, in := []*dataset.Dataset{texts}, stages.Inputs{"patients": {patients}}
		if name == "mor" {
			of = append(of, withoutDeaths)
		}
		if name == "diag" || name == "proc" {
			in["label_set"] = []*dataset.Dataset{stagetest.Run(t, "label.set", "{recipe: core, task: "+name+"}", in)}
		}
		labels := stagetest.Run(t, "label."+stage, "{recipe: core}", in)
		m.examples[name], m.labels[name] = joined(t, of, labels, splits)
	}
	return m
}

// joined are the examples of texts with a label and a split. Later texts are in the
// place of earlier ones, or take them away.
func joined(t *testing.T, of []*dataset.Dataset, labels *dataset.Dataset, splits map[int64]string) (examples []coreExample, names []string) {
	t.Helper()
	texts := map[int64]string{}
	for _, d := range of {
		for _, x := range stagetest.Rows[task.Text](t, d, task.TableTexts) {
			if texts[x.HadmID] = x.Text; x.Withdrawn {
				delete(texts, x.HadmID)
			}
		}
	}
	labelled, known, err := task.Of(labels)
	if err != nil || !known {
		t.Fatal(known, err)
	}
	for _, l := range stagetest.Rows[task.Label](t, labels, task.TableLabels) {
		text, has := texts[l.HadmID]
		if split := splits[l.SubjectID]; has && split != "" {
			line := fmt.Sprintf("%d %s %s %s\n", l.HadmID, split, cell(l, labelled), digest(text))
			examples = append(examples, coreExample{l.HadmID, split, line})
		}
	}
	return examples, labelled.Labels
}

// cell is a class, or a set of codes.
func cell(l task.Label, of task.Task) string {
	if of.Kind != task.Multilabel {
		return strconv.Itoa(int(l.Label))
	}
	var codes []string
	for _, n := range l.Labels {
		codes = append(codes, of.Labels[n])
	}
	slices.Sort(codes)
	return strings.Join(codes, ",")
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
