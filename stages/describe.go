package stages

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
)

// shapeDocs say how the work of a stage is spread.
var shapeDocs = map[Shape]string{
	ShapeSource: "a source: raw files → parts that hold whole patients",
	ShapeMap:    "a map: part n of the inputs → part n of the output",
	ShapeReduce: "a reduce: what each part adds up to → one artifact",
	ShapeJob:    "a job: whole datasets → one artifact, on one machine",
}

// Describe renders a stage's reference: what it does, its ports, its output, its
// configuration, a sample step and its examples.
func (e *Environment) Describe(w io.Writer, s Spec) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, version %d\n%s\n\n%s\n", s.Name, s.Version, shapeDocs[s.Shape], Wrap(s.Doc, "  "))
	b.WriteString("\nin: steps of the DAG\n")
	for _, p := range s.In {
		entry(&b, p.Name+": "+p.takes(), p.Doc, e.madeBy(p))
	}
	if len(s.In) == 0 {
		b.WriteString("  nothing\n")
	}
	fmt.Fprintf(&b, "\nout: %s\n", s.Out.Kind)
	for _, table := range s.Out.Tables {
		entry(&b, "table "+table, strings.Join(dataset.TableColumns(table), ", "))
	}
	b.WriteString("\nwith: configuration\n")
	if len(s.Config()) == 0 {
		b.WriteString("  nothing\n")
	}
	s.Config().describe(&b, "")
	fmt.Fprintf(&b, "\nsample\n%s", indent(s.Sample(), "  "))
	for _, example := range e.Examples(s.Name) {
		if err := example.describe(&b); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// entry writes what something is, and below it what there is to say of it.
func entry(b *bytes.Buffer, what string, docs ...string) {
	fmt.Fprintln(b, Wrap(what, "  "))
	for _, doc := range docs {
		if doc != "" {
			fmt.Fprintln(b, Wrap(doc, "      "))
		}
	}
}

// takes says in words what a port takes.
func (p Port) takes() string {
	what := cmp.Or(p.Kind, "any dataset")
	if len(p.Tables) > 0 {
		what += " (table " + strings.Join(p.Tables, ", ") + ")"
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

// madeBy names the stages whose output a port takes.
func (e *Environment) madeBy(p Port) string {
	var makers []string
	for _, name := range e.Names() {
		if out := e.specs[name].Out; out.Kind == p.Kind && !slices.ContainsFunc(p.Tables, func(table string) bool { return !slices.Contains(out.Tables, table) }) {
			makers = append(makers, name)
		}
	}
	if len(makers) == 0 {
		return ""
	}
	return "made by " + strings.Join(makers, ", ")
}

func (fs Fields) describe(b *bytes.Buffer, prefix string) {
	for _, f := range fs {
		if f.Told != "" {
			entry(b, prefix+f.Key+": mapping of "+strings.Join(f.Nested.Keys(), ", "), f.Doc+"; "+f.Told+" describes each")
			continue
		}
		if f.Type.Kind() == reflect.Struct {
			entry(b, prefix+f.Key+": "+f.holder(), f.Doc)
			f.Nested.describe(b, prefix+f.Key+".")
			continue
		}
		entry(b, prefix+f.Key+": "+f.typeName()+", "+f.defaultText()+f.allowed()+f.with(fs), f.Doc)
	}
}

// holder says in what a key's mapping stands.
func (f Field) holder() string {
	if f.Files == nil {
		return "mapping"
	}
	return "mapping, a file that holds it, or one that ships: " + strings.Join(f.Shipped(), ", ")
}

// Shipped are the names of the files that ship for a key.
func (f Field) Shipped() []string {
	names, _ := fs.Glob(f.Files, "*.yaml") // the pattern is none that Glob refuses
	for i, name := range names {
		names[i] = strings.TrimSuffix(name, ".yaml")
	}
	return names
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
		return f.Default + " by default"
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

// with says which choices the key goes with, where it does not go with all: see Chooser.
func (f Field) with(beside Fields) string {
	chooser, _ := beside.Find(ChooserKey)
	if f.When == nil || len(f.When) == len(chooser.Enum) {
		return ""
	}
	return ", with " + ChooserKey + " " + strings.Join(f.When, " or ")
}

// Wrap breaks a paragraph into lines of at most 80 columns.
func Wrap(text, margin string) string {
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
