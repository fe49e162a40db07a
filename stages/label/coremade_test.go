package label_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/synth"
	_ "github.com/clinflow/clinflow/stages/text"
)

// coreExample is an example as the golden file has it: hadm_id, split, label and the
// sha256 of the text.
type coreExample struct {
	hadmID      int64
	split, line string
}

// coreMade is what the recipe core makes of a tree, by task.
type coreMade struct {
	examples map[string][]coreExample // in the order of hadm_id
	labels   map[string][]string
}

// coreIn is a tree that was read, and CORe's split of its patients.
type coreIn struct {
	patients, split *dataset.Dataset
	of              map[int64]string // split by subject_id
}

func coreInputs(t *testing.T, settings map[string]any) *coreIn {
	t.Helper()
	settings = maps.Clone(settings)
	settings["core_lists"] = true
	config, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	files := stagetest.Run(t, "synth.mimiciii", string(config), nil)
	in := &coreIn{of: map[int64]string{}}
	in.patients = stagetest.Run(t, "ingest.mimiciii", "{shards: 3}", stages.Inputs{"mimic": {files}})
	in.split = stagetest.Run(t, "split.core", fmt.Sprintf("{folder: %q}", files.URI()+"/core_lists"), in.inputs("patients"))
	for _, s := range stagetest.Rows[task.Split](t, in.split, task.TableSplits) {
		in.of[s.SubjectID] = s.Split
	}
	return in
}

func (in *coreIn) inputs(names ...string) stages.Inputs {
	all := map[string][]*dataset.Dataset{"patients": {in.patients}, "split": {in.split}}
	maps.DeleteFunc(all, func(name string, _ []*dataset.Dataset) bool { return !slices.Contains(names, name) })
	return all
}

// make runs the stages as a user would who wants CORe's tasks, but for some quirks.
func (in *coreIn) make(t *testing.T, quirks map[string]bool) coreMade {
	t.Helper()
	of := func(name string) bool { on, set := quirks[name]; return on || !set }
	given, err := json.Marshal(quirks)
	if err != nil {
		t.Fatal(err)
	}
	keys := "recipe: core"
	if len(quirks) > 0 {
		keys += ", quirks: " + string(given)
	}
	notes := in.inputs("patients")
	notes["core_notes"] = []*dataset.Dataset{stagetest.Run(t, "text.core_notes", "{"+keys+"}", notes)}
	texts := []*dataset.Dataset{stagetest.Run(t, "text.admission", "{"+keys+"}", notes)}
	made := coreMade{map[string][]coreExample{}, map[string][]string{}}
	for name, stage := range map[string]string{"mor": "mortality", "los": "length_of_stay", "diag": "diagnoses", "proc": "procedures"} {
		read, from := texts, in.inputs("patients")
		if name == "mor" && of("death_filters") {
			read = append(read, stagetest.Run(t, "text.without_deaths", "{"+keys+"}", stages.Inputs{"texts": texts}))
		}
		if name == "diag" || name == "proc" {
			labelled := in.inputs("patients")
			if !of("labels_of_whole_table") {
				labelled = in.inputs("patients", "split")
			}
			from["label_set"] = []*dataset.Dataset{stagetest.Run(t, "label.set", "{"+keys+", task: "+name+"}", labelled)}
		}
		labels := stagetest.Run(t, "label."+stage, "{"+keys+"}", from)
		made.examples[name], made.labels[name] = in.join(t, read, labels)
	}
	return made
}

// join are the examples of texts that have a label and a split. Later texts are in the
// place of earlier ones, or take them away.
func (in *coreIn) join(t *testing.T, of []*dataset.Dataset, labels *dataset.Dataset) (examples []coreExample, names []string) {
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
		if split := in.of[l.SubjectID]; has && split != "" {
			line := fmt.Sprintf("%d %s %s %s\n", l.HadmID, split, cell(l, labelled), digest(text))
			examples = append(examples, coreExample{l.HadmID, split, line})
		}
	}
	slices.SortFunc(examples, func(a, b coreExample) int { return int(a.hadmID - b.hadmID) })
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
