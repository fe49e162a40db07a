package label_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label"
	hash "github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
	"github.com/clinflow/clinflow/tasks"
)

// declaredCount is what oracle/task_counts.py counts of a task that ships.
type declaredCount struct {
	Admissions int64            `json:"admissions"`
	Positives  int64            `json:"positives"`
	Dropped    map[string]int64 `json:"dropped"`
	Pairs      int64            `json:"pairs"`
	Labels     []string         `json:"labels"`
	SHA256     string           `json:"sha256"` // of the index time and label of each admission
}

// TestShippedTasksOnTheDemo compares each task that ships with a count by pandas.
func TestShippedTasksOnTheDemo(t *testing.T) {
	var golden struct{ Tasks map[string]declaredCount }
	text, err := os.ReadFile("testdata/task_counts.json")
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{root: %s, notes: false, shards: 5}", demoTables), nil)
	in := stages.Inputs{"patients": {d}}
	files, err := tasks.Files.ReadDir(".")
	if err != nil || len(files) != len(golden.Tasks) {
		t.Fatalf("%d tasks ship, %d are counted: %v", len(files), len(golden.Tasks), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".yaml")
		want, counted := golden.Tasks[name]
		if !counted {
			t.Errorf("%s is not counted", name)
			continue
		}
		shippedTask(t, name, in, want)
	}
}

func shippedTask(t *testing.T, name string, in stages.Inputs, want declaredCount) {
	t.Helper()
	if want.Labels != nil {
		all := task.Task{Name: name, Kind: task.Multilabel, Labels: want.Labels}
		in = with(in, set(t, all))
	}
	d := stagetest.Run(t, "label.task", "task: "+name, in)
	wantCounts(t, d, map[string]int64{"kept": want.Admissions, "positives": want.Positives, "pairs": want.Pairs})
	dropped := map[string]int64{}
	for count, n := range d.Manifest.Counts {
		if reason, is := strings.CutPrefix(count, "dropped."); is {
			dropped[reason] = n
		}
	}
	if diff := cmp.Diff(want.Dropped, dropped); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
	var lines []string
	for _, l := range labelsOf(t, d) {
		if want.Labels == nil {
			lines = append(lines, fmt.Sprintf("%d %s %d\n", l.HadmID, time.UnixMicro(int64(l.PredictionTime)).UTC().Format(time.DateTime), l.Label))
		}
		for _, label := range l.Labels {
			lines = append(lines, fmt.Sprintf("%d %s\n", l.HadmID, want.Labels[label]))
		}
	}
	slices.Sort(lines)
	digest := sha256.Sum256([]byte(strings.Join(lines, "")))
	if hex.EncodeToString(digest[:]) != want.SHA256 {
		t.Errorf("%s: the labels are not those that pandas finds", name)
	}
}

// The list of a task's labels is that of the train patients' labels.
func TestTaskSetOfTheDemo(t *testing.T) {
	d := stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{root: %s, notes: false, shards: 3}", demoTables), nil)
	in := stages.Inputs{"patients": {d}}
	made := stagetest.Run(t, "label.task_set", "{task: clinibench_icu_icd9, min_count: 4}", split(t, "{}", in))
	listed := listed(t, made)
	labels := stagetest.Run(t, "label.task", "task: clinibench_icu_icd9", with(in, made))
	train := map[string]int64{}
	for _, l := range labelsOf(t, labels) {
		for _, number := range l.Labels {
			if hash.Of(l.SubjectID, 1) == "train" {
				train[listed.Labels[number]]++
			}
		}
	}
	want := label.Counted{MinCount: 4, Labels: listed.Labels}
	for _, name := range listed.Labels {
		want.Counts = append(want.Counts, train[name])
	}
	if diff := cmp.Diff(want, listed); diff != "" || len(listed.Labels) < 50 || slices.Min(listed.Counts) < 4 {
		t.Errorf("%d labels: %s", len(listed.Labels), diff)
	}
	_, err := stagetest.Try(t, "label.task", "task: {name: other, label: {kind: multilabel, is: '[\"a\"]'}}", with(in, made))
	if err == nil || !strings.Contains(err.Error(), "was made with task clinibench_icu_icd9, this step has other") {
		t.Error(err)
	}
	if _, err = stagetest.Try(t, "label.task", "task: clinibench_icu_icd9", in); err == nil || !strings.Contains(err.Error(), "label.task_set") {
		t.Error(err)
	}
}
