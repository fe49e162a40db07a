package dags

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages"
)

// keysOf walks a schema as an editor would: what may stand under a path.
func keysOf(t *testing.T, schema map[string]any, path ...string) map[string]any {
	t.Helper()
	for _, key := range path {
		properties, _ := schema["properties"].(map[string]any)
		next, ok := properties[key].(map[string]any)
		if !ok {
			t.Fatalf("the schema has no %s of %v", key, path)
		}
		schema = next
	}
	return schema
}

func TestSchemaSaysWhatLintSays(t *testing.T) {
	text, err := json.Marshal(Schema(stages.Default))
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]any
	if err := json.Unmarshal(text, &top); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"name", "steps"}, top["required"]); diff != "" {
		t.Error(diff)
	}
	var train map[string]any
	for _, kind := range keysOf(t, top, "steps")["additionalProperties"].(map[string]any)["anyOf"].([]any) {
		step := kind.(map[string]any)
		stage := keysOf(t, step, "stage")
		if step["additionalProperties"] != false || stage["const"] == nil && stage["pattern"] == nil {
			t.Errorf("%v takes unknown keys or any stage", stage)
		}
		if keysOf(t, step, "stage")["const"] == "fake.train" {
			train = step
		}
	}
	if diff := cmp.Diff([]any{"stage", "in", "with"}, train["required"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"epochs"}, keysOf(t, train, "with")["required"]); diff != "" {
		t.Error(diff)
	}
	variable := map[string]any{"type": "string", "pattern": `\$\{`}
	for path, want := range map[string]map[string]any{
		"lr": {
			"anyOf":       []any{map[string]any{"type": "number", "minimum": 0.0, "maximum": 1.0}, variable},
			"description": "learning rate", "default": 0.001,
		},
		"note": {"type": "string", "description": "remark"},
		"tags": {"type": "array", "items": map[string]any{"type": "string"}, "description": "remarks"},
	} {
		if diff := cmp.Diff(want, keysOf(t, train, "with", path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	r := keysOf(t, train, "with", "peft", "r")
	if diff := cmp.Diff([]any{map[string]any{"type": "integer", "minimum": 1.0, "maximum": 256.0}, variable}, r["anyOf"]); diff != "" {
		t.Error(diff)
	}
}

// A key that two choices have is as either has it, and is asked of neither's users.
func TestSchemaOfAChoice(t *testing.T) {
	number, text := reflect.TypeFor[int](), reflect.TypeFor[string]()
	s := configSchema(stages.Fields{
		{Key: stages.ChooserKey, Type: text, Default: "a", Enum: []string{"a", "b"}},
		{Key: "size", Type: number, Min: "1", Required: true, When: []string{"a"}},
		{Key: "size", Type: text, Required: true, When: []string{"b"}},
	}, "a choice")
	size, ok := s.Properties.Get("size")
	if !ok || len(size.AnyOf) != 2 || size.AnyOf[1].Type != "string" || len(s.Required) != 0 {
		t.Errorf("size is %+v, required are %q", size, s.Required)
	}
}
