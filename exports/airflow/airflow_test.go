package airflow_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/exports/airflow"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines/engine"
)

// scheduled is a DAG with one of each kind of task.
func scheduled() exports.Export {
	return exports.Export{
		DAG: &dags.DAG{Name: "nightly", Schedule: &dags.Schedule{
			Cron: "0 3 * * SUN", Location: time.UTC, Catchup: dags.CatchupLatest, Overlap: dags.OverlapQueue,
			Retries: 2, RetryDelay: time.Minute, MaxRetryDelay: time.Hour, Timeout: 90 * time.Minute,
		}},
		Tasks: []exports.Task{
			{Name: "patients", Steps: []string{"patients"}},
			{Name: "card", Steps: []string{"card"}, After: []string{"patients"}, Gate: true},
			{Name: "base", Steps: []string{"base"}, Kind: exports.GPU, After: []string{"patients"}, Gates: []string{"card"}},
			{Name: "report", Steps: []string{"report"}, Kind: exports.Work, After: []string{"base"}},
		},
		Binary: "/bin/clinflow", File: "nightly.yaml", Runner: engine.Dataflow, GPUs: 1, Image: "clinflow", GPUImage: "clinflow-gpu",
		Options: []exports.Option{{Name: "out", Values: []string{"gs://b/out"}}, {Name: "set", Values: []string{"a=1"}}},
		Beam:    []exports.Option{{Name: "project", Values: []string{"p"}}, {Name: "region", Values: []string{"r"}}, {Name: "labels", Values: []string{`{"b":"2","a":"1"}`}}},
	}
}

func written(t testing.TB, e exports.Export, local bool) string {
	t.Helper()
	text, _, err := airflow.Write(e, local)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWrite(t *testing.T) {
	cloud, local := written(t, scheduled(), false), written(t, scheduled(), true)
	for of, lines := range map[string][]string{
		cloud: {
			`    "patients": (["patients"], []),`, `    "report": ["base"],`, `    "base": ["patients"],`, `    "card": ["base"],`,
			`        runner="DataflowRunner",`, `                "project_id": "p",`, `                "location": "r",`, `    "labels": {"a": "1", "b": "2"},`,
			`    schedule=CronTriggerTimetable("0 3 * * SUN", timezone="UTC"),`, `    dagrun_timeout=timedelta(seconds=5400),`,
			`        "retries": 2,`, `        "retry_delay": timedelta(seconds=60),`,
		},
		local: {`    "base": ["patients"],`, `    "card": ["base"],`, `FILE = "nightly.yaml"`, `    "set": ["a=1"],`},
	} {
		for _, line := range lines {
			if !strings.Contains(of, line+"\n") {
				t.Errorf("no line %s in\n%s", line, of)
			}
		}
		if of != written(t, scheduled(), of == local) {
			t.Error("two files of one DAG")
		}
	}
	for _, word := range []string{"Kubernetes", "Beam", "BEAM", "IMAGE"} {
		if strings.Contains(local, word) {
			t.Errorf("%s in\n%s", word, local)
		}
	}
}

func TestADecisionIsABranchBehindWhatActsOnIt(t *testing.T) {
	e := scheduled()
	e.DAG.Publish = []dags.Publish{{Name: "said.json", Step: "base", File: "decision.json"}, {Name: "page.html", Step: "base", File: "decision.html"}}
	for _, local := range []bool{true, false} {
		text := written(t, e, local)
		if !strings.Contains(text, "\nDECISIONS = {\n    \"base\": (\"said.json\", [\"report\"]),\n}\n") || !strings.Contains(text, "decision(tasks, name, file, acts)\n") {
			t.Error(text)
		}
	}
}

func TestWhatAirflowDoesOtherwiseIsTold(t *testing.T) {
	e := scheduled()
	e.DAG.Schedule.Catchup, e.DAG.Schedule.Overlap, e.DAG.Schedule.Freshness = dags.CatchupNone, dags.OverlapSkip, time.Hour
	text, notes, err := airflow.Write(e, true)
	if err != nil || len(notes) != 3 {
		t.Fatal(notes, err)
	}
	for _, note := range notes {
		if !strings.Contains(string(text), "\n"+note+"\n") {
			t.Errorf("the file does not say: %s", note)
		}
	}
	e.DAG.Schedule.Catchup = dags.CatchupAll
	if _, _, err := airflow.Write(e, true); exit.Of(err) != exit.Usage {
		t.Errorf("all times from whenever on: %v", err)
	}
	e.Start = time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	if text := written(t, e, true); !strings.Contains(text, `start_date=pendulum.datetime(2026, 1, 31, tz="UTC"),`) || !strings.Contains(text, "catchup=True") {
		t.Error(text)
	}
}

// What croniter does not read, or reads as other days, is refused, and what it reads as
// clinflow does is not: versions 6.2.2, the first that Airflow 3.3 takes, to 7.0.0.
func TestWhatAirflowWouldNotUnderstandIsRefused(t *testing.T) {
	for cron, code := range map[string]exit.Code{
		"0 3 * * 5L": exit.Usage, "0 3 * * friL": exit.Usage, "0 3 * * 1,5l": exit.Usage,
		"? 3 * * *": exit.Usage, "0 ? * * *": exit.Usage, "0 3 1 ? *": exit.Usage, "0 3 ? * ?": exit.OK,
		"0 3 15W,20 * *": exit.Usage, "0 3 31w * *": exit.Usage, "0 3 15W * MON": exit.Usage, "0 3 15W * *": exit.OK, "0 3 15,L JUL ?": exit.OK,
		"0 3 * * 1#2,5": exit.Usage, "0 3 * * 1,3#2": exit.Usage, "0 3 15 * 1#2": exit.Usage, "0 3 * * 1#1,1#3": exit.OK, "0,30 3 ? * SUN#2": exit.OK, "0 3 */2 * MON": exit.Usage, "0 3 1 * */2": exit.Usage, "0 3 */2 * *": exit.OK,
	} {
		e := scheduled()
		e.DAG.Schedule.Cron = cron
		if _, _, err := airflow.Write(e, true); exit.Of(err) != code {
			t.Errorf("%s: %v", cron, err)
		}
	}
}

var literals = regexp.MustCompile(`"(?:[^"\\\n]|\\[^\n])*"`)

// FuzzValues puts texts where a user's may stand. Each is a literal of Python, and nothing
// else of the file is another one.
func FuzzValues(f *testing.F) {
	for _, text := range []string{`it's "quoted"`, `"""`, `\`, `\"`, "a\nb", "{{ ds }}", "it's; $(rm)", "#", "ä\u2028\u202e\x00\x7f", "study.sh", "%s{x}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) { // is refused where values are read
			return
		}
		with := func(value string) exports.Export {
			e := scheduled()
			e.DAG.Name, e.File, e.Binary, e.Image, e.Namespace, e.Pool = "x"+value, value, value, value, "n"+value, "p"+value
			e.Options = []exports.Option{{Name: "out", Values: []string{value}}, {Name: "set", Values: []string{"a=" + value}}}
			e.Beam = []exports.Option{{Name: "project", Values: []string{value}}, {Name: "experiments", Values: []string{value}}}
			return e
		}
		for _, local := range []bool{true, false} {
			plain, odd := written(t, with("plain"), local), written(t, with(text), local)
			if diff := cmp.Diff(literals.ReplaceAllString(plain, "…"), literals.ReplaceAllString(odd, "…")); diff != "" {
				t.Fatal(diff)
			}
			want := literals.FindAllString(plain, -1)
			for i, literal := range literals.FindAllString(odd, -1) {
				meant := strings.ReplaceAll(unescaped(t, want[i]), "plain", text)
				if of := unescaped(t, literal); of != meant && (want[i] != `"xplain"` || !identifier.MatchString(of)) {
					t.Errorf("%s for %q", literal, meant)
				}
			}
		}
	})
}

// identifier is what Airflow takes as the id of a DAG.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,250}$`)

// pythons are the escapes of a text of Python's, by the language's reference, 2.4.1.
var pythons = regexp.MustCompile(`\\(?:[\\"abfnrtv]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})`)

func unescaped(t *testing.T, literal string) string {
	t.Helper()
	inner := literal[1 : len(literal)-1]
	if strings.Contains(pythons.ReplaceAllString(inner, ""), `\`) {
		t.Errorf("%s has an escape that Python does not know", literal)
	}
	single := map[byte]string{'\\': `\`, '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}
	return pythons.ReplaceAllStringFunc(inner, func(escape string) string {
		if len(escape) == 2 {
			return single[escape[1]]
		}
		code, err := strconv.ParseUint(escape[2:], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return string(rune(code))
	})
}
