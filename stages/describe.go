package stages

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
)

// Describe renders the stage's reference: what it does, its ports, its
// configuration and a sample step.
func (s Spec) Describe(w io.Writer) error {
	fmt.Fprintf(w, "%s (%s, version %d)\n\n%s\n", s.Name, s.Shape, s.Version, wrap(s.Doc, "  "))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nin")
	for _, p := range s.In {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", p.Name, p.takes(), p.Doc)
	}
	if len(s.In) == 0 {
		fmt.Fprintln(table, "  nothing")
	}
	fmt.Fprintf(table, "\nout\n  %s\n", s.Out.gives())
	fmt.Fprintln(table, "\nwith")
	config := s.config()
	if len(config) == 0 {
		fmt.Fprintln(table, "  nothing")
	}
	config.describe(table, "")
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the reference of %s: %w", s.Name, err)
	}
	_, err := fmt.Fprintf(w, "\nsample\n%s", indent(s.Sample(), "  "))
	return err
}

// takes says in words what a port takes.
func (p Port) takes() string {
	what := cmp.Or(p.Kind, "any dataset")
	if len(p.Tables) > 0 {
		what += " (" + strings.Join(p.Tables, ", ") + ")"
	}
	if p.Many {
		what = "a list of " + what
	}
	if p.Sharded {
		what += ", part by part"
	}
	if p.Optional {
		what += ", optional"
	}
	return what
}

func (o Output) gives() string {
	if len(o.Tables) == 0 {
		return o.Kind
	}
	return o.Kind + ": " + strings.Join(o.Tables, ", ")
}

func (fs Fields) describe(w io.Writer, prefix string) {
	for _, f := range fs {
		if f.Type.Kind() == reflect.Struct {
			fmt.Fprintf(w, "  %s\t\t\t%s\n", prefix+f.Key, f.Doc)
			f.Nested.describe(w, prefix+f.Key+".")
			continue
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", prefix+f.Key, f.typeName(), f.defaultText(), f.Doc+f.allowed()+f.when(fs))
	}
}

// when says with which choices the key is taken, where it is not with all.
func (f Field) when(beside Fields) string {
	chooser, _ := beside.Find(ChooserKey)
	if f.When == nil || len(f.When) == len(chooser.Enum) {
		return ""
	}
	return " [with " + ChooserKey + " " + strings.Join(f.When, ", ") + "]"
}

// typeName names a field's type as the YAML author meets it.
func (f Field) typeName() string {
	name := typeName(f.Type)
	switch {
	case f.Path:
		name = strings.Replace(name, "text", "path", 1)
	case f.Unit != "":
		name = f.Unit
	}
	return name
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Struct:
		return "mapping"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "number"
	default:
		return "integer"
	}
}

func (f Field) defaultText() string {
	switch {
	case f.Required:
		return "required"
	case f.Default == "":
		return "optional"
	default:
		return f.Default
	}
}

func (f Field) allowed() string {
	switch {
	case len(f.Enum) > 0:
		return " [" + strings.Join(f.Enum, ", ") + "]"
	case f.Min != "" && f.Max != "":
		return " [" + f.Min + " to " + f.Max + "]"
	case f.Min != "":
		return " [at least " + f.Min + "]"
	case f.Max != "":
		return " [at most " + f.Max + "]"
	default:
		return ""
	}
}

// wrap breaks a paragraph into lines of at most 80 columns.
func wrap(text, margin string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
			b.WriteString(margin + word)
			column = len(margin) + len(word)
		case column+1+len(word) > 80:
			b.WriteString("\n" + margin + word)
			column = len(margin) + len(word)
		default:
			b.WriteString(" " + word)
			column += 1 + len(word)
		}
	}
	return b.String()
}

func indent(text, margin string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(margin + line)
	}
	return b.String()
}
