package parity

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

// variant is a configuration as others may write it, and what transformers or PEFT makes
// of it (oracle/variants.py).
type variant struct {
	Name    string                     `json:"name"`
	Base    string                     `json:"base"`
	Adapter string                     `json:"adapter"` // a case, whose adapter lies on the base
	File    string                     `json:"file"`    // which is changed
	Set     map[string]json.RawMessage `json:"set"`
	Drop    []string                   `json:"drop"`
	Field   string                     `json:"field"`   // what an error must name
	Refused string                     `json:"refused"` // why nothing is computed; else
	Logits  []float64                  `json:"logits"`  // of the token after the text, or of the classes
}

// Each variant is computed as transformers and PEFT compute it, or refused by what is in
// it; there is no third outcome. -v prints the table.
func TestVariantsOfConfigurationsAreComputedOrRefusedByName(t *testing.T) {
	files := must(filepath.Glob("testdata/variants/*.json"))(t)
	b := must(cpu.New(cpu.Options{}))(t)
	count := 0
	for _, file := range files {
		var golden struct {
			Text     []int32
			Variants []variant
		}
		if err := json.Unmarshal(must(os.ReadFile(file))(t), &golden); err != nil {
			t.Fatal(file, err)
		}
		for _, v := range golden.Variants {
			theirs := "computed"
			if v.Refused != "" {
				theirs, _, _ = strings.Cut(v.Refused, ":")
			}
			t.Logf("%-45s %-37s %s", v.Name, theirs, v.compare(t, b, golden.Text))
			count++
		}
	}
	if count < 50 {
		t.Errorf("%d variants", count)
	}
}

// compare says what becomes of a variant, and fails where that is a third outcome.
func (v variant) compare(t *testing.T, b kernel.Backend, text []int32) string {
	t.Helper()
	got, err := v.compute(t, b, text)
	switch code := exit.Of(err); {
	case err == nil && v.Refused != "":
		t.Errorf("%s: is computed, and transformers refuses it: %s", v.Name, v.Refused)
	case err == nil:
		near(t, v.Name, got, v.Logits, 0)
		return "equal"
	case code != exit.Usage && code != exit.BadData || v.Field == "" || !strings.Contains(err.Error(), v.Field):
		t.Errorf("%s: got %v, which does not name %q", v.Name, err, v.Field)
	}
	return fmt.Sprintf("refused by %s", v.Field)
}

func (v variant) compute(t *testing.T, b kernel.Backend, text []int32) ([]float64, error) {
	t.Helper()
	base := copied(t, "testdata/bases", v.Base)
	changed, adapters := base, []string(nil)
	if v.Adapter != "" {
		adapters = []string{copied(t, "testdata/cases", v.Adapter, "adapter")}
		if v.File != model.ConfigName {
			changed = adapters[0]
		}
	}
	v.change(t, filepath.Join(changed, v.File))
	in, err := model.Inspect(t.Context(), b, base, adapters)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	rows, err := in.Logits(text)
	if err != nil {
		return nil, err
	}
	var last []float64
	for _, x := range rows[len(rows)-1] {
		last = append(last, float64(x))
	}
	return last, nil
}

// change writes the variant's configuration.
func (v variant) change(t *testing.T, path string) {
	t.Helper()
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(must(os.ReadFile(path))(t), &keys); err != nil {
		t.Fatal(err)
	}
	for key, value := range v.Set {
		keys[key] = value
	}
	for _, key := range v.Drop {
		delete(keys, key)
	}
	if err := os.WriteFile(path, must(json.Marshal(keys))(t), 0o600); err != nil {
		t.Fatal(err)
	}
}

func copied(t *testing.T, folder ...string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(filepath.Join(folder...))); err != nil {
		t.Fatal(err)
	}
	return to
}
