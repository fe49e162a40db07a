package stages

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Example is one case of a stage, in a folder:
//
//	config.yaml        what a user writes under `with`; its comment says what the case shows
//	in/PORT/           the dataset of a port: TABLE.jsonl has the rows of a table, a JSON
//	                   object a line; other files are an artifact's
//	in/PORT.0/, .1/    the datasets of a port that takes a list
//	want/              the output, likewise
//
// Among the files of a dataset, attributes.json has what its manifest says of it, and
// in want/ counts.json what it counts. Examples are tests: see stagetest.Examples.
type Example struct {
	Stage string
	Name  string
	Files fs.FS
}

// AddExamples makes known the examples in the folders STAGE/CASE of a file system. A
// stage's are told with its reference.
func (e *Environment) AddExamples(folder fs.FS) error {
	configs, err := fs.Glob(folder, "*/*/config.yaml")
	for _, config := range configs {
		stage, rest, _ := strings.Cut(config, "/")
		name, _, _ := strings.Cut(rest, "/")
		files, failed := fs.Sub(folder, stage+"/"+name)
		err = errors.Join(err, failed)
		e.examples[stage] = append(e.examples[stage], Example{stage, name, files})
	}
	return err
}

// Examples are the examples of a stage, in order of their names.
func (e *Environment) Examples(stage string) []Example {
	return slices.SortedFunc(slices.Values(e.examples[stage]), func(a, b Example) int { return strings.Compare(a.Name, b.Name) })
}

// What is shown of an example: so many lines of a file, and so much of a line.
const (
	maxExampleLines   = 8
	maxExampleColumns = 400 // bytes
)

// describe renders the example: its files one after the other, long ones in part.
func (x Example) describe(b *bytes.Buffer) error {
	fmt.Fprintf(b, "\nexample %s\n", x.Name)
	err := fs.WalkDir(x.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(x.Files, name)
		fmt.Fprintf(b, "\n  %s\n%s", name, indent(excerpt(text), "    "))
		return err
	})
	if err != nil {
		return fmt.Errorf("read the example %s of %s: %w", x.Name, x.Stage, err)
	}
	return nil
}

// excerpt is the beginning of a text, JSON in a line; of bytes that are no text, how
// many there are.
func excerpt(text []byte) string {
	if bytes.IndexByte(text, 0) >= 0 {
		return fmt.Sprintf("(%d bytes)\n", len(text))
	}
	if line := new(bytes.Buffer); json.Compact(line, text) == nil {
		text = append(line.Bytes(), '\n')
	}
	lines := slices.Collect(strings.Lines(string(text)))
	shown := lines[:min(len(lines), maxExampleLines)]
	for i, line := range shown {
		if len(line) > maxExampleColumns {
			shown[i] = strings.ToValidUTF8(line[:maxExampleColumns], "") + " …\n"
		}
	}
	if left := len(lines) - len(shown); left > 0 {
		shown = append(slices.Clone(shown), fmt.Sprintf("… %d more lines\n", left))
	}
	return strings.Join(shown, "")
}
