package stages

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	s := Spec{
		Name: "fake.describe", Version: 2, Shape: ShapeMap, Doc: "Does this and that, in a sentence that is long enough to be broken over two lines.",
		In: []Port{
			{Name: "notes", Kind: "patients", Tables: []string{"notes"}, Sharded: true, Doc: "the notes"},
			{Name: "extra", Kind: "model", Many: true, Optional: true, Doc: "models"},
		},
		Out:    Output{Kind: "tokens", Tables: []string{"tokens"}},
		config: FieldsOf[outer],
	}
	const want = `fake.describe (map, version 2)

  Does this and that, in a sentence that is long enough to be broken over two
  lines.

in
  notes  patients (notes), part by part  the notes
  extra  a list of model, optional       models

out
  tokens: tokens

with
  root    path             optional  folder
  way     text             required  way [a, b]
  peft                               adapter
  peft.r  integer          required  rank [at least 1]
  more    list of mapping  optional  more adapters
  rate    number           optional  rate [at most 1]
  seed    integer          1         seed

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
`
	var text strings.Builder
	if err := s.Describe(&text); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
	}
}
