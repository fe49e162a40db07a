package argo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/exports/argo"
	"github.com/clinflow/clinflow/internal/exit"
)

// schema is the part of Argo's that a DAG needs; oracle/argo_schema.py takes it out.
func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("testdata/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("argo.json", document); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("argo.json")
}

// faults are what the schema says of a text.
func faults(t testing.TB, of *jsonschema.Schema, text []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON(t, text)))
	if err != nil {
		t.Fatal(err)
	}
	return of.Validate(value)
}

// asJSON is a document of YAML as JSON. YAMLToJSON is not asked: it escapes characters
// beyond 16 bits as YAML does, which JSON does not know.
func asJSON(t testing.TB, text []byte) []byte {
	t.Helper()
	var document any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func scheduled() exports.Export {
	return exports.Export{
		DAG: &dags.DAG{Name: "Nightly run", Schedule: &dags.Schedule{
			Cron: "0 3 * * SUN", Location: time.UTC, Catchup: dags.CatchupLatest, Overlap: dags.OverlapQueue,
			Retries: 2, RetryDelay: time.Minute, MaxRetryDelay: time.Hour, Timeout: 90 * time.Minute,
		}},
		Tasks: []exports.Task{
			{Name: "patients", Steps: []string{"patients"}},
			{Name: "label_card", Steps: []string{"label_card"}, After: []string{"patients"}, Gate: true},
			{Name: "label-card", Steps: []string{"label-card"}, Kind: exports.GPU, After: []string{"patients"}, Gates: []string{"label_card"}},
			{Name: "dag", Steps: []string{"dag"}, Kind: exports.Work, After: []string{"label-card"}},
		},
		Binary: "/usr/local/bin/clinflow", File: "nightly.yaml", Runner: "dataflow", GPUs: 2, Image: "clinflow", GPUImage: "clinflow-gpu", ServiceAccount: "reader",
		Options: []exports.Option{{Name: "out", Values: []string{"gs://b/out"}}, {Name: "set", Values: []string{"a=1"}}},
		Beam:    []exports.Option{{Name: "project", Values: []string{"p"}}, {Name: "no_use_public_ips"}},
	}
}

func written(t testing.TB, e exports.Export) []byte {
	t.Helper()
	text, _, err := argo.Write(e)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What is written is what Argo's schema takes, with a schedule and without one; a
// misspelt key is not.
func TestWhatIsWrittenIsByArgosSchema(t *testing.T) {
	of := schema(t)
	e := scheduled()
	text := written(t, e)
	if err := faults(t, of, text); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	if again := written(t, e); !bytes.Equal(text, again) {
		t.Error("two files of one DAG")
	}
	for _, key := range []string{"schedules", "timezone", "concurrencyPolicy", "workflowSpec", "parallelism", "retryStrategy", "command", "depends", "limits"} {
		wrong := strings.Replace(string(text), key+":", key+"s:", 1)
		if err := faults(t, of, []byte(wrong)); err == nil || wrong == string(text) {
			t.Errorf("the schema takes %ss", key)
		}
	}
	e.DAG = &dags.DAG{Name: "Nightly run"}
	if text := written(t, e); faults(t, of, text) != nil || !bytes.Contains(text, []byte("kind: Workflow\n")) {
		t.Errorf("without a schedule: %v\n%s", faults(t, of, text), text)
	}
}

// read is a written file's values.
func read(t testing.TB, text []byte) (w struct {
	Metadata struct{ Name string }
	Spec     struct {
		ConcurrencyPolicy       string
		StartingDeadlineSeconds int
		WorkflowSpec            struct {
			ActiveDeadlineSeconds int
			Synchronization       *struct{ Mutexes []struct{ Name string } }
			Templates             []struct {
				Name string
				DAG  *struct {
					Tasks []struct{ Name, Depends string }
				}
				RetryStrategy *struct{ Limit, Expression string }
				Container     *struct {
					Image     string
					Args      []string
					Resources *struct{ Limits map[string]string }
				}
			}
		}
	}
}) {
	t.Helper()
	if err := json.Unmarshal(asJSON(t, text), &w); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWrite(t *testing.T) {
	w := read(t, written(t, scheduled()))
	spec := w.Spec.WorkflowSpec
	if w.Metadata.Name != "nightly-run" || w.Spec.ConcurrencyPolicy != "Allow" || spec.Synchronization == nil || w.Spec.StartingDeadlineSeconds == 0 || spec.ActiveDeadlineSeconds != 5400 {
		t.Errorf("%+v", w)
	}
	var depends []string
	for _, task := range spec.Templates[0].DAG.Tasks {
		depends = append(depends, task.Name+": "+task.Depends)
	}
	want := []string{"patients: ", "label-card: patients.Succeeded", "label-card-2: patients.Succeeded && label-card.Succeeded", "dag-2: label-card-2.Succeeded"}
	if diff := cmp.Diff(want, depends); diff != "" {
		t.Error(diff)
	}
	beam, gpu := spec.Templates[1].Container, spec.Templates[3].Container
	if diff := cmp.Diff([]string{"run", "--out=gs://b/out", "--set=a=1", "--runner=dataflow", "--project=p", "--no_use_public_ips", "--only", "--", "nightly.yaml", "patients"}, beam.Args); diff != "" {
		t.Error(diff)
	}
	if gpu.Image != "clinflow-gpu" || gpu.Resources.Limits["nvidia.com/gpu"] != "2" || beam.Resources != nil || spec.Templates[1].RetryStrategy.Limit != "2" {
		t.Errorf("%+v", spec.Templates)
	}
	for overlap, policy := range map[string]string{dags.OverlapSkip: "Forbid", dags.OverlapCancel: "Replace"} {
		e := scheduled()
		e.DAG.Schedule.Overlap, e.DAG.Schedule.Catchup = overlap, dags.CatchupNone
		if w := read(t, written(t, e)); w.Spec.ConcurrencyPolicy != policy || w.Spec.StartingDeadlineSeconds != 0 || w.Spec.WorkflowSpec.Synchronization != nil {
			t.Errorf("%s: %+v", overlap, w.Spec)
		}
	}
}

func TestWhatArgoWouldNotUnderstandIsRefused(t *testing.T) {
	for _, cron := range []string{"0 3 * * SUN#2", "0 3 L * *", "0 3 * * 7", "0 3 * * 5L", "0 3 15W * *", "0 3 15w * *", "0 3 l * *", "0 3 * * FRIL", "0 3 */2 * MON", "0 3 1 * */2"} {
		e := scheduled()
		e.DAG.Schedule.Cron = cron
		if _, _, err := argo.Write(e); exit.Of(err) != exit.Usage {
			t.Errorf("%s: %v", cron, err)
		}
	}
	e := scheduled()
	e.Options[1].Values = []string{"a={{x}}"}
	if _, _, err := argo.Write(e); exit.Of(err) != exit.Usage {
		t.Errorf("what Argo fills in: %v", err)
	}
}

// Argo runs a time that clocks leave out not at all, and one that they repeat twice, where
// clinflow runs it once. Nothing is told of other times.
func TestTimesThatClocksLeaveOutOrRepeatAreTold(t *testing.T) {
	const forward, back = "does not run a time that %s leaves out", "runs twice a time that %s repeats"
	for _, c := range []struct {
		cron, zone string
		says       []string
	}{
		{"30 2 * * *", "America/New_York", []string{forward}},
		{"30 1 * * *", "America/New_York", []string{back}},
		{"0 1,2 * * *", "America/New_York", []string{forward, back}},
		{"0 3 * * SUN", "America/New_York", nil},
		{"0-59 2 * * *", "Europe/Berlin", []string{forward, back}},
		{"0 3 * * *", "Europe/Berlin", nil},
		{"*/15 1-2 * * *", "America/New_York", nil}, // clinflow counts what passes, as Argo does
		{"30 ? * * *", "America/New_York", nil},
		{"30 2 * * *", "Asia/Tokyo", nil},
		{"30 2 * * *", "UTC", nil},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		e := scheduled()
		e.DAG.Schedule.Cron, e.DAG.Schedule.Location = c.cron, zone
		text, notes, err := argo.Write(e)
		if err != nil {
			t.Fatal(err)
		}
		for i, says := range c.says {
			if says = fmt.Sprintf(says, c.zone); len(notes) != len(c.says) || !strings.Contains(notes[i], says) || !strings.Contains(string(text), "\n# "+notes[i]+"\n") {
				t.Errorf("%s: %q does not say that Argo %s:\n%s", c.cron, notes, says, text)
			}
		}
		if c.says == nil && notes != nil {
			t.Errorf("%s in %s: %q", c.cron, c.zone, notes)
		}
	}
}

// FuzzValues puts texts where a user's may stand: they come back, and the file stays what
// the schema takes.
func FuzzValues(f *testing.F) {
	for _, text := range []string{`it's "quoted"`, "- a: b", "# no", "a\nb", "null", "~", "0x1", "'", "ä\u2028", " x ", "!!str x", "&a *a", "\U000fa03a", "? 0"} {
		f.Add(text)
	}
	of := schema(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.Contains(text, "{{") || strings.ContainsFunc(text, control) {
			return // is refused
		}
		e := scheduled()
		e.File, e.Image, e.DAG.Name = text, "i"+text, "x"+text
		e.Options = []exports.Option{{Name: "out", Values: []string{text}}}
		written := written(t, e)
		if err := faults(t, of, written); err != nil {
			t.Fatalf("%v in\n%s", err, written)
		}
		c := read(t, written).Spec.WorkflowSpec.Templates[1].Container
		if c.Image != "i"+text || c.Args[1] != "--out="+text || c.Args[len(c.Args)-2] != text {
			t.Errorf("%q became %q", text, c.Args)
		}
	})
}

// control says whether a character is one that values may not have.
func control(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\ufeff' }
