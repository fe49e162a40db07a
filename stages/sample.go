package stages

import (
	"fmt"
	"reflect"
	"strings"
)

// Sample is a step of the stage as a DAG file has it, every key with its
// default. What is optional and has no default is commented out.
func (s Spec) Sample() string {
	_, short, _ := strings.Cut(s.Name, ".")
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n  stage: %s\n", short, s.Name)
	if len(s.In) > 0 {
		b.WriteString("  in:\n")
	}
	for _, p := range s.In {
		b.WriteString(p.sample())
	}
	if config := s.config(); len(config) > 0 {
		b.WriteString("  with:\n")
		config.sample(&b, "    ")
	}
	return b.String()
}

func (p Port) sample() string {
	value, mark := "STEP", ""
	if p.Many {
		value = "[STEP]"
	}
	if p.Optional {
		mark = "# "
	}
	return fmt.Sprintf("    %s%s: %s\n", mark, p.Name, value)
}

func (fs Fields) sample(b *strings.Builder, margin string) {
	for _, f := range fs.Chosen("") {
		switch {
		case f.Files != nil:
			fmt.Fprintf(b, "%s%s: %s\n", margin, f.Key, f.Shipped()[0])
		case f.Told != "":
			fmt.Fprintf(b, "%s# %s: {%s: %s}\n", margin, f.Key, f.Nested[0].Key, f.Nested[0].placeholder())
		case f.Type.Kind() == reflect.Struct:
			fmt.Fprintf(b, "%s%s:\n", margin, f.Key)
			f.Nested.sample(b, margin+"  ")
		case f.Default != "":
			fmt.Fprintf(b, "%s%s: %s\n", margin, f.Key, f.written())
		case f.Required:
			fmt.Fprintf(b, "%s%s: %s\n", margin, f.Key, f.placeholder())
		default:
			fmt.Fprintf(b, "%s# %s: %s\n", margin, f.Key, f.placeholder())
		}
	}
}

// written is the default as YAML takes it: a text that looks like a mapping in quotes.
func (f Field) written() string {
	if f.Type.Kind() == reflect.String && strings.HasPrefix(f.Default, "{") {
		return "'" + f.Default + "'"
	}
	return f.Default
}

// placeholder is a value that passes the field's checks and asks to be changed.
func (f Field) placeholder() string {
	switch t := elemOf(f.Type); {
	case f.Type.Kind() == reflect.Slice:
		return "[]"
	case len(f.Enum) > 0:
		return f.Enum[0]
	case f.Path:
		return "/path/to/" + f.Key
	case t.Kind() == reflect.String:
		return strings.ToUpper(f.Key)
	case t.Kind() == reflect.Bool:
		return "false"
	case f.Min != "":
		return f.Min
	default:
		return "1"
	}
}
