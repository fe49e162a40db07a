package dags

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/invopop/jsonschema"

	"github.com/clinflow/clinflow/stages"
)

// Schema is the JSON schema of DAG files, for editors that check and complete
// YAML by one. It is made from an environment's stages. Lint knows more: names of
// steps, kinds of datasets, and what stages themselves refuse.
func Schema(env *stages.Environment) *jsonschema.Schema {
	names := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Pattern: stepPattern.String()}, {Pattern: referencePattern}}}
	steps := &jsonschema.Schema{Type: "object", PropertyNames: names}
	kinds := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{anyStepSchema()}}
	for _, name := range env.Names() {
		spec, _ := env.Lookup(name)
		kinds.AnyOf = append(kinds.AnyOf, stepSchema(spec))
	}
	steps.AdditionalProperties = kinds
	var top closed
	name := textSchema("name of the DAG, as its runs are listed")
	name.AnyOf = []*jsonschema.Schema{{Pattern: namePattern.String()}, {Pattern: referencePattern}}
	top.add("name", name, true)
	top.add("schedule", scheduleSchema(), false)
	top.add("vars", mapSchema("values for ${name}, over which --set name=value goes"), false)
	top.add("each", mapSchema("groups of members; a step whose name holds ${group} stands for one step a member"), false)
	top.add("steps", steps, true)
	top.add("publish", mapSchema("files of the output folder, each copied from step.file"), false)
	s := top.schema("a DAG of clinflow")
	s.Version = jsonschema.Version
	return s
}

// closed is an object that takes no other keys than its own.
type closed struct {
	keys     []string
	values   []*jsonschema.Schema
	required []string
}

// add adds a key. One that several choices have (see stages.Chooser) is as any of them
// has it.
func (c *closed) add(key string, value *jsonschema.Schema, required bool) {
	if i := slices.Index(c.keys, key); i >= 0 {
		c.values[i] = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{c.values[i], value}}
		return
	}
	c.keys, c.values = append(c.keys, key), append(c.values, value)
	if required {
		c.required = append(c.required, key)
	}
}

func (c *closed) schema(doc string) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Description: doc, Required: c.required,
		Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
	}
	for i, key := range c.keys {
		s.Properties.Set(key, c.values[i])
	}
	return s
}

func textSchema(doc string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Description: doc}
}

func mapSchema(doc string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Description: doc}
}

func enumSchema(allowed []string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, a := range allowed {
		s.Enum = append(s.Enum, a)
	}
	return s
}

func scheduleSchema() *jsonschema.Schema {
	var c closed
	c.add("cron", textSchema("minute, hour, day, month, weekday"), true)
	c.add("timezone", textSchema("name of the IANA database"), false)
	c.add("catchup", enumSchema(catchups), false)
	c.add("overlap", enumSchema(overlaps), false)
	c.add("retries", &jsonschema.Schema{Type: "integer", Minimum: "0", Maximum: "255", Description: "how often a run is tried again that ended with exit code 4 or was killed by a signal"}, false)
	c.add("retry_delay", textSchema("wait before the first retry, such as 2m; it doubles each time"), false)
	c.add("max_retry_delay", textSchema("the longest wait before a retry"), false)
	c.add("timeout", textSchema("after which a run, its retries among it, is ended, such as 6h"), false)
	c.add("freshness", textSchema("within which a run must have ended well, such as 36h: schedule check"), false)
	return c.schema("when the DAG runs by itself")
}

func stepSchema(spec stages.Spec) *jsonschema.Schema {
	var step, in closed
	for _, p := range spec.In {
		in.add(p.Name, portSchema(p), !p.Optional)
	}
	with := configSchema(spec.Config(), "configuration of "+spec.Name)
	step.add("stage", &jsonschema.Schema{Const: spec.Name}, true)
	step.add("in", in.schema("step or step.table by port"), len(in.required) > 0)
	step.add("after", afterSchema(), false)
	step.add("with", with, len(with.Required) > 0)
	return step.schema(spec.Doc)
}

// referencePattern finds a reference to a variable or a group.
const referencePattern = `\$\{`

// anyStepSchema is of a step whose stage is told by a group's members.
func anyStepSchema() *jsonschema.Schema {
	var step closed
	step.add("stage", &jsonschema.Schema{Type: "string", Pattern: referencePattern}, true)
	step.add("in", mapSchema("step or step.table by port"), false)
	step.add("after", afterSchema(), false)
	step.add("with", mapSchema("configuration of the stage"), false)
	return step.schema("a stage named by a reference")
}

// afterSchema is of the steps that a step takes nothing of and waits for.
func afterSchema() *jsonschema.Schema {
	one := textSchema("a step, or a list of some, that must be done first, such as a gate; nothing of its output is read")
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, {Type: "array", Items: textSchema("")}}}
}

func portSchema(p stages.Port) *jsonschema.Schema {
	one := textSchema(p.Doc)
	if !p.Many {
		return one
	}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, {Type: "array", Items: textSchema("")}}}
}

func configSchema(fields stages.Fields, doc string) *jsonschema.Schema {
	var c closed
	for _, f := range fields {
		if f.Type.Kind() == reflect.Struct {
			s := configSchema(f.Nested, f.Doc)
			if f.Files != nil {
				s = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{textSchema("the name of a file"), s}}
			}
			c.add(f.Key, s, f.Required)
			continue
		}
		s := valueSchema(f, f.Type)
		s.Description = f.Doc
		if value, ok := f.DefaultValue(); ok {
			s.Default = value
		}
		c.add(f.Key, s, f.Required && f.When == nil)
	}
	return c.schema(doc)
}

// valueSchema is the schema of a value, or of a variable in its place.
func valueSchema(f stages.Field, t reflect.Type) *jsonschema.Schema {
	variable := &jsonschema.Schema{Type: "string", Pattern: referencePattern}
	var s *jsonschema.Schema
	switch t.Kind() {
	case reflect.Pointer:
		return valueSchema(f, t.Elem())
	case reflect.Slice:
		return &jsonschema.Schema{Type: "array", Items: valueSchema(f, t.Elem())}
	case reflect.Struct:
		return configSchema(f.Nested, f.Doc)
	case reflect.String:
		switch {
		case f.Name:
			s = &jsonschema.Schema{Type: "string", Pattern: stages.NamePattern.String()}
			return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, variable}}
		case len(f.Enum) == 0:
			return &jsonschema.Schema{Type: "string"}
		}
		s = enumSchema(f.Enum)
	case reflect.Bool:
		s = &jsonschema.Schema{Type: "boolean"}
	case reflect.Float32, reflect.Float64:
		s = &jsonschema.Schema{Type: "number", Minimum: json.Number(f.Min), Maximum: json.Number(f.Max)}
	default:
		s = &jsonschema.Schema{Type: "integer", Minimum: json.Number(f.Min), Maximum: json.Number(f.Max)}
	}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, variable}}
}
