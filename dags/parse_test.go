package dags

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// variants is a file whose steps are written once for the members of groups.
const variants = `name: variants
vars: {epochs: 3}
each:
  task:
    mor: {epochs: 2, note: deaths}
    los: {epochs: ${epochs}, note: days}
  variant:
    head: {adapters: "", more: "", peft: {r: 1}}
    both: {adapters: [first], more: "", peft: {r: 2, target_modules: [v_proj]}}
steps:
  patients: {stage: fake.ingest, with: {root: /x}}
  tokens: {stage: fake.tokens, in: {notes: patients.notes}}
  first: {stage: fake.train, in: {tokens: tokens}, with: {epochs: 1}}
  tune_${task}_${variant}:
    stage: fake.train
    in: {tokens: tokens, adapters: ${variant.adapters}, no_such_port: ${variant.more}}
    with: {epochs: ${task.epochs}, note: "${task.note}, ${variant}", peft: ${variant.peft}, tags: [a, "${task}"]}
  last: {stage: fake.train, in: {tokens: tokens, adapters: [first, "tune_${task}_${variant}"]}, with: {epochs: 1, tags: ["${task}"]}}
`

// A member that brings when: false is not there, nor are the steps and items of it.
func TestMembersThatAreLeftOut(t *testing.T) {
	const file = `name: x
vars: {more: false}
each:
  extra: {one: {when: "${more}", epochs: 2}}
  task: {mor: {when: false}, los: {when: true}}
steps:
  patients: {stage: fake.ingest, with: {root: /x}}
  tokens: {stage: fake.tokens, in: {notes: patients.notes}}
  of_${task}: {stage: fake.train, in: {tokens: tokens}, with: {epochs: 1}}
  of_${extra}: {stage: fake.train, in: {tokens: tokens}, with: {epochs: ${extra.epochs}}}
  last: {stage: fake.train, in: {tokens: tokens, adapters: ["of_${task}", "of_${extra}"]}, with: {epochs: 1}}
`
	for more, want := range map[string][]string{"false": {"of_los"}, "true": {"of_los", "of_one"}} {
		d, err := Parse(stages.Default, "x.yaml", []byte(file), map[string]string{"more": more})
		if err != nil {
			t.Fatal(err)
		}
		var of []string
		for _, s := range d.Steps {
			if strings.HasPrefix(s.Name, "of_") {
				of = append(of, s.Name)
			}
		}
		if slices.Sort(of); !slices.Equal(of, want) {
			t.Errorf("more %s: steps %q, want %q", more, of, want)
		}
	}
	_, err := Parse(stages.Default, "x.yaml", []byte(file), map[string]string{"more": "perhaps"})
	if want := "each.extra.one.when: want true or false"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

const good = `# a comment with ${nothing} in it
name: two-step
schedule: {cron: "0 3 * * SUN", timezone: America/New_York, catchup: latest, overlap: queue, retries: 5, timeout: 6h, freshness: 192h}
vars: {mimic: /data/mimic-iv, rank: 16, base: "${mimic}/base", out: runs}
steps:
  adapter:
    stage: fake.train
    in: {tokens: tokens, adapters: [first]}
    with: {base: ${base}, epochs: 2, peft: {r: ${rank}, target_modules: [q_proj]}, note: "rank ${rank} of ${mimic}"}
  first: {stage: fake.train, in: {tokens: tokens}, with: {epochs: 1, lr: 1e-4, dropout: 0.10}}
  patients: {stage: fake.ingest, with: {root: ${mimic}, shards: 256}}
  tokens: {stage: fake.tokens, in: {notes: patients.notes}}
publish:
  adapter.bin: adapter.adapter_model.safetensors
`

func TestParseResolves(t *testing.T) {
	d, err := Parse(stages.Default, "x.yaml", []byte(good), map[string]string{"rank": "4"})
	if err != nil {
		t.Fatal(err)
	}
	type step struct {
		Name, Config, Identity string
		In                     map[string][]Ref
	}
	var got []step
	for _, s := range d.Steps {
		got = append(got, step{s.Name, string(s.Config), string(s.Identity), s.In})
	}
	want := []step{
		{"patients", `{"root":"/data/mimic-iv","shards":256}`, `{"shards":256}`, map[string][]Ref{}},
		{"tokens", `{}`, `{}`, map[string][]Ref{"notes": {{"patients", "notes"}}}},
		{
			"first",
			`{"lr":0.0001,"epochs":1,"batch_size":10,"shuffle_labels":false,"dropout":0.1,"peft":{"type":"lora","r":8,"target_modules":["q_proj","v_proj"]}}`,
			`{"lr":0.0001,"epochs":1,"batch_size":10,"shuffle_labels":false,"dropout":0.1,"peft":{"type":"lora","r":8,"target_modules":["q_proj","v_proj"]}}`,
			map[string][]Ref{"tokens": {{"tokens", ""}}},
		},
		{
			"adapter",
			`{"base":"/data/mimic-iv/base","lr":0.001,"epochs":2,"batch_size":10,"shuffle_labels":false,"note":"rank 4 of /data/mimic-iv","peft":{"type":"lora","r":4,"target_modules":["q_proj"]}}`,
			`{"lr":0.001,"epochs":2,"batch_size":10,"shuffle_labels":false,"note":"rank 4 of /data/mimic-iv","peft":{"type":"lora","r":4,"target_modules":["q_proj"]}}`,
			map[string][]Ref{"tokens": {{"tokens", ""}}, "adapters": {{"first", ""}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Publish{{"adapter.bin", "adapter", "adapter_model.safetensors"}}, d.Publish); diff != "" {
		t.Error(diff)
	}
	schedule := *d.Schedule
	if zone := schedule.Location.String(); zone != "America/New_York" || d.Vars["out"] != "runs" {
		t.Errorf("time zone %s, vars %v", zone, d.Vars)
	}
	schedule.Location = nil
	if diff := cmp.Diff(Schedule{
		Cron: "0 3 * * SUN", Catchup: CatchupLatest, Overlap: OverlapQueue, Retries: 5, RetryDelay: 2 * time.Minute,
		MaxRetryDelay: time.Hour, Timeout: 6 * time.Hour, Freshness: 192 * time.Hour,
	}, schedule); diff != "" {
		t.Error(diff)
	}
	last := d.Steps[slices.IndexFunc(d.Steps, func(s *Step) bool { return s.Name == "adapter" })]
	if diff := cmp.Diff([]Path{{Key: "base", Value: "/data/mimic-iv/base", Reads: []string{"config.json", "weights*", "parts/*.bin"}}}, last.Paths); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"tokens", "first"}, last.Upstream()); diff != "" {
		t.Error(diff)
	}
}

func TestStepsAreWrittenOnceForAGroup(t *testing.T) {
	d, err := Parse(stages.Default, "x.yaml", []byte(variants), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range d.Steps[3:] {
		got = append(got, fmt.Sprintf("%s %v %s", s.Name, s.In["adapters"], s.Config))
	}
	config := func(epochs int, note string, peft, tags string) string {
		return fmt.Sprintf(`{"lr":0.001,"epochs":%d,"batch_size":10,"shuffle_labels":false,%s"tags":[%s],"peft":{"type":"lora",%s}}`, epochs, note, tags, peft)
	}
	head, both := `"r":1,"target_modules":["q_proj","v_proj"]`, `"r":2,"target_modules":["v_proj"]`
	want := []string{
		"tune_mor_head [] " + config(2, `"note":"deaths, head",`, head, `"a","mor"`),
		"tune_mor_both [first] " + config(2, `"note":"deaths, both",`, both, `"a","mor"`),
		"tune_los_head [] " + config(3, `"note":"days, head",`, head, `"a","los"`),
		"tune_los_both [first] " + config(3, `"note":"days, both",`, both, `"a","los"`),
		"last [first tune_mor_head tune_mor_both tune_los_head tune_los_both] " + config(1, "", `"r":8,"target_modules":["q_proj","v_proj"]`, `"mor","los"`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsAreBounded(t *testing.T) {
	var each, name strings.Builder
	for _, g := range []string{"a", "b", "c", "d"} {
		fmt.Fprintf(&each, "  %s: {", g)
		for i := range 10 {
			fmt.Fprintf(&each, "x%d: {}, ", i)
		}
		each.WriteString("}\n")
		name.WriteString("_${" + g + "}")
	}
	_, err := Parse(stages.Default, "x.yaml", []byte("name: x\neach:\n"+each.String()+"steps:\n  s"+name.String()+": {stage: fake.ingest, with: {root: x}}\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "stands for more than 1000 combinations") {
		t.Errorf("10,000 steps: %v", err)
	}
}

// Each file below is told all its faults at once, in the order of their places.
var faulty = []struct {
	name string
	yaml string
	set  map[string]string
	want string
}{
	{
		name: "many faults",
		yaml: `name: x
step: {}
vars: {rank: 4}
steps:
  patients: {stage: fake.ingst, with: {root: /x}}
  labels: {stage: fake.label, in: {patient: patients}, with: {sead: 1, seed: two}}
  train:
    stage: fake.train
    in: {tokens: labels, adapters: trin}
    with:
      lr: 2
      lr: 1
      epochs: 1.5
      batch_size: 300
      shuffle_labels: yes
      note: ${rnk}
      tags: a
      dropout: [1]
      peft: {type: loar, r: 0, target_modules: [q_proj, w_proj]}
  Bad: {stage: fake.label}
`,
		want: `
x.yaml:2:1: step: unknown key; did you mean steps?
x.yaml:5:21: steps.patients.stage: unknown stage fake.ingst; did you mean fake.ingest?
x.yaml:6:3: steps.labels.in.patients: missing; the port takes patients: whole patients; no step gives one yet
x.yaml:6:36: steps.labels.in.patient: fake.label has no such port; did you mean patients?
x.yaml:6:63: steps.labels.with.sead: unknown key; did you mean seed?
x.yaml:6:78: steps.labels.with.seed: want an integer, got "two"
x.yaml:9:18: steps.train.in.tokens: labels gives examples, the port takes tokens
x.yaml:9:36: steps.train.in.adapters: unknown step trin; known: patients, labels
x.yaml:11:11: steps.train.with.lr: 2 is too large; allowed: 0 to 1
x.yaml:12:7: steps.train.with.lr: the key is given twice; it is on line 11 already
x.yaml:13:15: steps.train.with.epochs: want an integer, got "1.5"
x.yaml:14:19: steps.train.with.batch_size: 300 is out of range; the value is kept in 8 bits
x.yaml:15:23: steps.train.with.shuffle_labels: want true or false, got "yes"
x.yaml:16:13: steps.train.with.note: unknown variable ${rnk}; did you mean rank?
x.yaml:17:13: steps.train.with.tags: want a list of a text, got a value; write it in [ ]
x.yaml:18:16: steps.train.with.dropout: want a number, got a list
x.yaml:19:20: steps.train.with.peft.type: "loar" is not allowed; did you mean lora?
x.yaml:19:29: steps.train.with.peft.r: 0 is too small; allowed: 1 to 256
x.yaml:19:57: steps.train.with.peft.target_modules[1]: "w_proj" is not allowed; did you mean q_proj?
x.yaml:20:3: steps.Bad: a step's name begins with a small letter and goes on with small letters, digits, _ and -
`,
	},
	{
		name: "missing",
		yaml: "steps:\n  t: {stage: fake.train}\n  p: {stage: fake.ingest, with: {root: }}\n  u: {with: {}}\n",
		want: `
x.yaml:1:1: name: missing; name the DAG, as its runs will be listed
x.yaml:2:3: steps.t.with.epochs: missing; passes over the examples
x.yaml:2:3: steps.t.in.tokens: missing; the port takes tokens: token shards; no step gives one yet
x.yaml:3:39: steps.p.with.root: want a text, got nothing
x.yaml:4:3: steps.u.stage: missing; ` + "`clinflow stages` lists them\n",
	},
	{
		name: "no steps", yaml: "name: x\n",
		want: "\nx.yaml:1:1: steps: missing; want a mapping of step names to {stage, in, with}\n",
	},
	{name: "empty", yaml: "# nothing\n", want: "\nx.yaml:1:1: the file is empty; start from a shipped one: core, demo, retrain, two-step\n"},
	{name: "large", yaml: strings.Repeat("# 16 characters\n", 4097), want: "\nx.yaml: the file is larger than 64 kB; a DAG file names stages; data belong elsewhere\n"},
	{name: "deep", yaml: strings.Repeat("[", 65), want: "\nx.yaml: more than 64 brackets are open at once\n"},
	{name: "private use", yaml: "name: \ue000\n", want: "\nx.yaml: private-use characters U+E000 or U+E001; remove them\n"},
	{name: "a tab", yaml: "name: x\nsteps:\n\tp: {}\n", want: "\nx.yaml:3:1: malformed YAML: a tab where a value or a key must begin; indent with blanks\n"},
	{name: "merge key", yaml: "name: x\nsteps:\n  p: {stage: fake.ingest, with: {<<: {root: /y}, root: /x}}\n", want: "\nx.yaml:3:34: steps.p.with: merge keys (<<) are not part of DAG files; write the keys out, or use each for steps that are alike\n"},
	{name: "LFS pointer", yaml: "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", want: "\nx.yaml:1:1: the file is a Git LFS pointer, not what it points to; run `git lfs pull` in its folder\n"},
	{name: "UTF-16", yaml: "\xff\xfen\x00a\x00", want: "\nx.yaml:1:1: the file is text in UTF-16 or UTF-32; save it as UTF-8\n"},
	{name: "UTF-16 without a mark", yaml: "n\x00a\x00m\x00e\x00", want: "\nx.yaml:1:1: the file is text in UTF-16 or UTF-32; save it as UTF-8\n"},
	{name: "not a mapping", yaml: "[a]\n", want: "\nx.yaml:1:1: want a mapping with name and steps\n"},
	{name: "syntax", yaml: "name: [x\n", want: "\nx.yaml:1:7: malformed YAML: sequence end token ']' not found\n"},
	{name: "two documents", yaml: "name: x\n---\nname: y\n", want: "\nx.yaml:3:1: more than one YAML document; one DAG a file\n"},
	{
		name: "cycle",
		yaml: `name: x
steps:
  a: {stage: fake.train, in: {tokens: t, adapters: [c]}, with: {epochs: 1}}
  b: {stage: fake.train, in: {tokens: t, adapters: [a]}, with: {epochs: 1}}
  c: {stage: fake.train, in: {tokens: t, adapters: [b]}, with: {epochs: 1}}
  t: {stage: fake.tokens, in: {notes: p}}
  p: {stage: fake.ingest, with: {root: /x}}
`,
		want: "\nx.yaml:3:3: steps.a: the steps depend on each other in a circle: a ← c ← b ← a\n",
	},
	{
		name: "after",
		yaml: `name: x
steps:
  p: {stage: fake.ingest, after: [t, u], with: {root: /x}}
  t: {stage: fake.tokens, in: {notes: p}, after: {a: b}}
  a: {stage: fake.train, in: {tokens: t}, after: tt, with: {epochs: 1}}
`,
		want: `
x.yaml:3:3: steps.p: the steps depend on each other in a circle: p ← t ← p
x.yaml:3:38: steps.p.after: unknown step u; known: t, a
x.yaml:4:50: steps.t.after: want a text
x.yaml:5:50: steps.a.after: unknown step tt; did you mean t?
`,
	},
	{
		name: "twice in a list",
		yaml: `name: x
steps:
  p: {stage: fake.ingest, with: {root: /x}}
  t: {stage: fake.tokens, in: {notes: p}}
  a: {stage: fake.train, in: {tokens: t}, with: {epochs: 1}}
  f: {stage: fake.train, in: {tokens: t, adapters: [a, a]}, with: {epochs: 1}}
`,
		want: "\nx.yaml:6:56: steps.f.in.adapters[1]: a is in the list already; name it once\n",
	},
	{
		name: "itself",
		yaml: "name: x\nsteps:\n  a: {stage: fake.train, in: {tokens: a}, with: {epochs: 1}}\n",
		want: "\nx.yaml:3:39: steps.a.in.tokens: a gives adapter, the port takes tokens\n",
	},
	{
		name: "parts",
		yaml: `name: x
steps:
  p: {stage: fake.ingest, with: {root: /x, shards: 4}}
  q: {stage: fake.ingest, with: {root: /x, shards: 8}}
  e: {stage: fake.label, in: {patients: q}}
  t: {stage: fake.tokens, in: {notes: p.notes, examples: e}}
`,
		want: "\nx.yaml:6:58: steps.t.in.examples: e has 8 parts, p.notes has 4; give both the same shards\n",
	},
	{
		name: "tables",
		yaml: `name: x
steps:
  p: {stage: fake.ingest, with: {root: /x}}
  t: {stage: fake.tokens, in: {notes: p.note}}
  u: {stage: fake.tokens, in: {notes: p.admissions}}
  e: {stage: fake.label, in: {patients: [p]}}
  f: {stage: fake.train, in: {tokens: t, adapters: []}, with: {epochs: 2, shuffle_labels: true}}
`,
		want: `
x.yaml:4:39: steps.t.in.notes: p has no table note; did you mean notes?
x.yaml:5:39: steps.u.in.notes: the port reads notes; name the step alone: p
x.yaml:6:41: steps.e.in.patients: the port takes one dataset, got a list
x.yaml:7:63: steps.f.with: stage fake.train: shuffle_labels takes one epoch
`,
	},
	{
		name: "schedule and publish",
		yaml: `name: x
schedule: {cron: "0 3 *", timezone: Mars/Base, catchup: lastest, overlap: [a], cronn: 1}
steps:
  p: {stage: fake.ingest, with: {root: /x}}
publish: {../a: p.x, steps/b: p.x, c: p, d: q.x, e/f.json: p.f.json, g: p.../x}
`,
		want: `
x.yaml:2:18: schedule.cron: want five fields; minute, hour, day, month, weekday
x.yaml:2:37: schedule.timezone: unknown time zone Mars/Base; a name of the IANA database, such as Europe/Berlin or UTC
x.yaml:2:57: schedule.catchup: lastest is not allowed; did you mean latest?
x.yaml:2:75: schedule.overlap: want a text
x.yaml:2:80: schedule.cronn: unknown key; did you mean cron?
x.yaml:5:11: publish.../a: want a file name in the output folder, outside steps, runs, cache and schedule
x.yaml:5:22: publish.steps/b: want a file name in the output folder, outside steps, runs, cache and schedule
x.yaml:5:39: publish.c: want step.file; such as auroc.metrics.json for the file metrics.json of the step auroc
x.yaml:5:45: publish.d: unknown step q; known: p
x.yaml:5:73: publish.g: want step.file; such as auroc.metrics.json for the file metrics.json of the step auroc
`,
	},
	{
		name: "cron",
		yaml: `name: x
schedule: {cron: "61 3 L FUN 1-2-3"}
steps:
  p: {stage: fake.ingest, with: {root: /x}}
`,
		want: `
x.yaml:2:18: schedule.cron: 61 is no minute; as in "0 3 * * SUN": Sundays at three
x.yaml:2:18: schedule.cron: FUN is no month; as in "0 3 * * SUN": Sundays at three
x.yaml:2:18: schedule.cron: 1-2-3 is no weekday; as in "0 3 * * SUN": Sundays at three
`,
	},
	{
		name: "what a schedule does with its runs",
		yaml: `name: x
schedule: {cron: "0 3 * * *", overlap: wait, retries: -1, retry_delay: 5, max_retry_delay: 1s, timeout: 0h, freshness: 2d, retrys: 1}
steps:
  p: {stage: fake.ingest, with: {root: /x}}
`,
		want: `
x.yaml:2:40: schedule.overlap: wait is not allowed; known: skip, queue, cancel
x.yaml:2:55: schedule.retries: -1 is out of range; a number from 0 to 255
x.yaml:2:72: schedule.retry_delay: 5 is no length of time; such as 90s, 15m or 36h
x.yaml:2:92: schedule.max_retry_delay: is less than retry_delay
x.yaml:2:105: schedule.timeout: 0h is no length of time; such as 90s, 15m or 36h
x.yaml:2:120: schedule.freshness: 2d is no length of time; such as 90s, 15m or 36h
x.yaml:2:124: schedule.retrys: unknown key; did you mean retries?
`,
	},
	{
		name: "a day that never comes",
		yaml: "name: x\nschedule: {cron: '0 3 30 2 *'}\nsteps:\n  p: {stage: fake.ingest, with: {root: /x}}\n",
		want: "\nx.yaml:2:18: schedule.cron: names a time that never comes\n",
	},
	{
		name: "variables",
		yaml: `name: ${nam
vars: {a: 1, b: ${c}, c: [x], 1d: 2, unused: 3}
steps:
  p: {stage: fake.ingest, with: {root: "${a}/${z}", shards: ${c}}}
  q: {stage: fake.ingest, with: {root: &x 1, shards: "${a}"}}
  ${a}: {stage: fake.label}
`,
		set: map[string]string{"unsed": "1", "unused": "2"},
		want: `
x.yaml: --set unsed: the file has no such variable; did you mean unused?
x.yaml: --set unused: the file declares this variable and uses it nowhere
x.yaml:1:7: name: a ${ without its }; write ${name}
x.yaml:2:17: vars.b: unknown variable ${c}; known: a
x.yaml:2:26: vars.c: a variable is one value
x.yaml:2:31: vars.1d: a variable's name is letters, digits and _
x.yaml:4:40: steps.p.with.root: unknown variable ${z}; known: a, b, c, unused
x.yaml:5:40: steps.q.with.root: anchors, aliases and tags are not part of DAG files; use vars
x.yaml:5:54: steps.q.with.shards: want an integer, got a quoted text; take the quotes away
x.yaml:6:3: steps.${a}: a step's name begins with a small letter and goes on with small letters, digits, _ and -
`,
	},
	{
		name: "each",
		yaml: `name: x
vars: {rank: 1, a: 2}
each:
  task: {mor: {rate: 2, shards: 4}, los: {rate: 3, shards: 4}}
  a: {b: {}}
  1w: {b: {}}
  variant: {head: 1, lora: {peft: {r: 2}}}
  none: {}
steps:
  p_${task}: {stage: fake.ingest, with: {root: "${task}/${task.shard}", shards: ${task.shards}}}
  p_mor: {stage: fake.ingest, with: {root: "${variant.peft}"}}
  q_${tsk}: {stage: fake.ingest, with: {root: x}}
  t: {stage: fake.tokens, in: {notes: p_${task}}}
  f_${task}_${variant}: {stage: fake.train, in: {tokens: t_${task}}, with: {epochs: 1, lr: ${task.rate}, note: "${variant.peft}"}}
publish: {"${task}": t.x}
`,
		want: `
x.yaml:5:3: each.a: a variable has this name; name the group otherwise
x.yaml:6:3: each.1w: a group's name is letters, digits and _
x.yaml:7:19: each.variant.head: want a mapping of what the member brings; {} where it brings nothing
x.yaml:8:9: each.none: want a mapping of members to what they bring; {} where a member brings nothing
x.yaml:10:48: steps.p_${task}.with.root: unknown variable ${task.shard}; did you mean task.shards?
x.yaml:11:3: steps.p_mor: a second step of the name p_mor
x.yaml:11:44: steps.p_mor.with.root: ${variant.peft} stands for nothing here; put the group into the step's name
x.yaml:12:3: steps.q_${tsk}: unknown variable ${tsk}; known: a, rank
x.yaml:13:39: steps.t.in.notes: ${task} stands for nothing here; put the group into the step's name
x.yaml:14:58: steps.f_${task}_${variant}.in.tokens: unknown step t_mor; did you mean p_mor?
x.yaml:14:58: steps.f_${task}_${variant}.in.tokens: unknown step t_los; did you mean p_los?
x.yaml:14:92: steps.f_${task}_${variant}.with.lr: 2 is too large; allowed: 0 to 1
x.yaml:14:92: steps.f_${task}_${variant}.with.lr: 3 is too large; allowed: 0 to 1
x.yaml:14:112: steps.f_${task}_${variant}.with.note: ${variant.peft} is a mapping, which no text can hold; write the reference alone, without quotes
x.yaml:15:11: publish.${task}: only a step's name can hold a reference
`,
	},
}

func TestParseTellsEveryFault(t *testing.T) {
	for _, c := range faulty {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(stages.Default, "x.yaml", []byte(c.yaml), c.set)
			var problems Problems
			if !errors.As(err, &problems) || exit.Of(err) != exit.Usage {
				t.Fatalf("want problems of exit.Usage, got %v", err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), err.Error()+"\n"); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a DAG's name may be: it becomes part of command lines, folders, templates and ids.
func TestNamesOfDAGs(t *testing.T) {
	const says = "x.yaml:1:7: name: a DAG's name begins with a letter or digit"
	for name, good := range map[string]bool{
		"two-step": true, "core": true, "7": true, "heart_failure.v2": true, "Nightly run": true, "${n}": true, strings.Repeat("a", 100): true,
		"../x": false, "a/b": false, `a\b`: false, "-x": false, "--out=/": false, ".": false, "..": false, ".x": false, "_x": false, "x.": false,
		" x": false, "x ": false, "a\nb": false, "a\tb": false, "{{ x }}": false, "a'b": false, "$(x)": false, "a@b": false, "étude": false, strings.Repeat("a", 101): false,
	} {
		text := fmt.Sprintf("name: %q\nvars: {n: x}\nsteps: {p: {stage: fake.ingest, with: {root: /x}}}\n", name)
		_, err := Parse(stages.Default, "x.yaml", []byte(text), nil)
		if good && err != nil || !good && (err == nil || !strings.HasPrefix(err.Error(), says) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add(variants)
	for _, c := range faulty {
		f.Add(c.yaml)
	}
	f.Add("a: {b: [c, {d: e}]}\n? x\n: |\n  y\n")
	f.Add("steps: {a: {stage: fake.label, in: {patients: a}}}")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := Parse(stages.Default, "x.yaml", []byte(text), nil)
		if err != nil && exit.Of(err) != exit.Usage {
			t.Fatalf("a fault of exit %d", exit.Of(err))
		}
		if err != nil && err.Error() == "" {
			t.Fatal("a fault without words")
		}
		second, again := Parse(stages.Default, "x.yaml", []byte(text), nil)
		if (err == nil) != (again == nil) || (err != nil && err.Error() != again.Error()) {
			t.Fatalf("told differently the second time:\n%v\n%v", err, again)
		}
		if err == nil && len(first.Steps) != len(second.Steps) {
			t.Fatal("read differently the second time")
		}
	})
}
