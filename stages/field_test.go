package stages

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
)

type shared struct {
	Seed int64 `json:"seed" default:"1" doc:"seed"`
}

type inner struct {
	R int `json:"r" min:"1" doc:"rank"`
}

type outer struct {
	Root string   `json:"root,omitempty" path:"true" doc:"folder"`
	Way  string   `json:"way" enum:"a,b" doc:"way"`
	Peft inner    `json:"peft" doc:"adapter"`
	More []inner  `json:"more,omitempty" doc:"more adapters"`
	Rate *float64 `json:"rate,omitempty" max:"1" doc:"rate"`
	shared
}

func TestFieldsOf(t *testing.T) {
	fields := FieldsOf[outer]()
	if diff := cmp.Diff([]string{"root", "way", "peft", "more", "rate", "seed"}, fields.Keys()); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]bool{"root": false, "way": true, "peft": false, "more": false, "rate": false, "seed": false} {
		if f, _ := fields.Find(key); f.Required != want {
			t.Errorf("%s: required %v, want %v", key, f.Required, want)
		}
	}
	for _, key := range []string{"peft", "more"} {
		f, _ := fields.Find(key)
		if r, ok := f.Nested.Find("r"); !ok || !r.Required {
			t.Errorf("%s.r: %+v", key, r)
		}
	}
}

// drawn is a configuration whose keys depend on a choice.
type drawn struct{}

func (drawn) Fields() Fields {
	r := FieldsOf[inner]()[0]
	r.When, r.Required = []string{"rank"}, true
	return Fields{{Key: ChooserKey, Type: reflect.TypeFor[string](), Default: "rank", Enum: []string{"none", "rank"}, Doc: "what"}, r}
}

func TestKeysOfAChoice(t *testing.T) {
	f, _ := FieldsOf[struct {
		Drawn drawn `json:"drawn" doc:"a choice"`
	}]().Find("drawn")
	for value, want := range map[string][]string{"": {"type", "r"}, "rank": {"type", "r"}, "none": {"type"}, "unknown": {"type", "r"}} {
		if diff := cmp.Diff(want, f.Nested.Chosen(value).Keys()); diff != "" {
			t.Errorf("%q: %s", value, diff)
		}
	}
	for value, want := range map[string]bool{"rank": true, "unknown": false} {
		if r, _ := f.Nested.Chosen(value).Find("r"); r.Required != want {
			t.Errorf("%q: r is required: %v", value, r.Required)
		}
	}
	if r, _ := f.Nested.Find("r"); r.with(f.Nested) != ", with type rank" {
		t.Errorf("the reference says %q", r.with(f.Nested))
	}
}

func TestFieldsWithoutWordsPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a field without a doc was taken")
		}
	}()
	FieldsOf[struct {
		A int `json:"a"`
	}]()
}

func TestDescribe(t *testing.T) {
	dataset.RegisterTable[struct {
		ID    string  `parquet:"id,plain"`
		Words []int32 `parquet:"words"`
	}]("fake_words", 1)
	s := Spec{
		Name: "fake.describe", Version: 2, Shape: ShapeMap, Doc: "Does this and that, in a sentence that is long enough to be broken over two lines.",
		In: []Port{
			{Name: "notes", Kind: "patients", Tables: []string{"notes"}, Sharded: true, Doc: "the notes"},
			{Name: "extra", Kind: "model", Many: true, Optional: true, Doc: "models"},
		},
		Out:    Output{Kind: "words", Tables: []string{"fake_words"}},
		config: FieldsOf[outer],
	}
	env := NewEnvironment(s,
		Spec{Name: "fake.notes", Out: Output{Kind: "patients", Tables: []string{"patients", "notes"}}},
		Spec{Name: "fake.without_notes", Out: Output{Kind: "patients", Tables: []string{"patients"}}},
	)
	err := env.AddExamples(fstest.MapFS{
		"fake.describe/none/config.yaml":            {Data: []byte("# Nothing.\nway: a\n")},
		"fake.describe/long/config.yaml":            {Data: []byte("# Much.\nway: b\n")},
		"fake.describe/long/in/notes/notes.jsonl":   {Data: []byte(strings.Repeat("{}\n", 9) + "{}")},
		"fake.describe/long/want/counts.json":       {Data: []byte("{\n  \"read\": 1\n}\n")},
		"fake.describe/long/want/fake_words.jsonl":  {Data: []byte(strings.Repeat("x", 500) + "\n")},
		"fake.describe/long/want/tokenizer.model":   {Data: []byte("\x00\x01")},
		"fake.without_notes/another/config.yaml":    {Data: []byte("{}\n")},
		"fake.without_notes/another/unrelated/file": {Data: []byte("{}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `fake.describe, version 2
a map: part n of the inputs → part n of the output

  Does this and that, in a sentence that is long enough to be broken over two
  lines.

in: steps of the DAG
  notes: patients (table notes), part by part
      the notes
      made by fake.notes
  extra: a list of model, optional
      models

out: words
  table fake_words
      id, words

with: configuration
  root: path, optional
      folder
  way: text, required [a, b]
      way
  peft: mapping
      adapter
  peft.r: integer, required [at least 1]
      rank
  more: list of mapping, optional
      more adapters
  rate: number, optional [at most 1]
      rate
  seed: integer, 1 by default
      seed

sample
  describe:
    stage: fake.describe
    in:
      notes: STEP
      # extra: [STEP]
    with:
      # root: /path/to/root
      way: a
      peft:
        r: 1
      # more: []
      # rate: 1
      seed: 1

example long

  config.yaml
    # Much.
    way: b

  in/notes/notes.jsonl
    {}
    {}
    {}
    {}
    {}
    {}
    {}
    {}
    … 2 more lines

  want/counts.json
    {"read":1}

  want/fake_words.jsonl
    ` + strings.Repeat("x", 400) + ` …

  want/tokenizer.model
    (2 bytes)

example none

  config.yaml
    # Nothing.
    way: a
`
	var text strings.Builder
	if err := env.Describe(&text, s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
	}
}
