package stagetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

var update = flag.Bool("update-examples", false, "write the examples' want/ anew, for you to read")

// The files of an example's dataset that hold neither rows nor an artifact.
const (
	attributesFile = "attributes.json"
	countsFile     = "counts.json"
	rowsSuffix     = ".jsonl"
)

// Examples runs every example in the folders STAGE/CASE below folder (stages.Example
// says what they hold) and compares the output with what the example wants. A path in
// an example's configuration is relative to the example's folder.
func Examples(t *testing.T, folder string) {
	configs, err := filepath.Glob(filepath.Join(folder, "*", "*", "config.yaml"))
	must(t, err)
	if len(configs) == 0 {
		t.Fatalf("no examples below %s", folder)
	}
	for _, config := range configs {
		example := filepath.Dir(config)
		stage := filepath.Base(filepath.Dir(example))
		t.Run(stage+"/"+filepath.Base(example), func(t *testing.T) {
			t.Chdir(example)
			runExample(t, stage)
		})
	}
}

// runExample runs the example in the current folder.
func runExample(t *testing.T, stage string) {
	spec, ok := stages.Default.Lookup(stage)
	if !ok {
		t.Fatalf("no stage %s", stage)
	}
	config, err := os.ReadFile("config.yaml")
	must(t, err)
	got := output(t, Run(t, stage, string(config), inputs(t, spec)))
	if *update {
		must(t, os.RemoveAll("want"))
		must(t, os.MkdirAll("want", 0o755))
		for name, text := range got {
			must(t, os.WriteFile(filepath.Join("want", name), text, 0o644))
		}
	}
	want := filesIn(t, "want")
	for name, text := range want {
		if made, ok := got[name]; !ok || !bytes.Equal(made, text) {
			t.Errorf("want/%s:\n%s\ngot:\n%s", name, text, got[name])
		}
	}
	for name, text := range got {
		if _, wanted := want[name]; !wanted {
			t.Errorf("also got %s:\n%s", name, text)
		}
	}
}

// inputs makes the datasets of a stage's ports from the folders in/PORT and in/PORT.N.
func inputs(t *testing.T, spec stages.Spec) stages.Inputs {
	in := stages.Inputs{}
	for _, port := range spec.In {
		for n := 0; ; n++ {
			name := port.Name
			if port.Many {
				name += "." + strconv.Itoa(n)
			}
			if _, err := os.Stat(filepath.Join("in", name)); err != nil {
				break
			}
			in[port.Name] = append(in[port.Name], input(t, port, filesIn(t, filepath.Join("in", name))))
			if !port.Many {
				break
			}
		}
	}
	return in
}

// input makes a dataset of one part, or of files alone.
func input(t *testing.T, port stages.Port, files map[string][]byte) *dataset.Dataset {
	uri := filepath.Join(t.TempDir(), "in")
	w, err := dataset.NewWriter(t.Context(), uri, port.Kind, 1)
	must(t, err)
	must(t, w.SetTables(port.Tables...))
	part := w.Part(0)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		put(t, w, part, name, files[name])
	}
	_, err = part.Close()
	must(t, err)
	must(t, w.Commit(t.Context(), dataset.Manifest{}, nil))
	d, err := dataset.Open(t.Context(), uri)
	must(t, err)
	return d
}

// put writes what a file of an example holds into a dataset.
func put(t *testing.T, w *dataset.Writer, part *dataset.PartWriter, name string, text []byte) {
	table, rows := strings.CutSuffix(name, rowsSuffix)
	switch {
	case name == attributesFile:
		var attributes map[string]json.RawMessage
		must(t, json.Unmarshal(text, &attributes))
		for key, value := range attributes {
			must(t, w.SetAttribute(key, value))
		}
	case rows && slices.Contains(dataset.Tables(), table):
		for line := range bytes.Lines(text) {
			must(t, dataset.WriteRowJSON(part, table, line))
		}
	default:
		must(t, w.WriteFile(name, text))
	}
}

// output is what a dataset holds, as the files of an example's want/.
func output(t *testing.T, d *dataset.Dataset) map[string][]byte {
	files := map[string][]byte{}
	for table := range d.Manifest.Tables {
		if text := rowsOf(t, d, table); len(text) > 0 {
			files[table+rowsSuffix] = text
		}
	}
	for _, info := range d.Manifest.Files {
		data, err := d.ReadFile(t.Context(), info.Name)
		must(t, err)
		files[info.Name] = data
	}
	if len(d.Manifest.Attributes) > 0 {
		files[attributesFile] = indented(t, d.Manifest.Attributes)
	}
	if len(d.Manifest.Counts) > 0 {
		files[countsFile] = indented(t, d.Manifest.Counts)
	}
	return files
}

// rowsOf are a table's rows, a JSON object a line.
func rowsOf(t *testing.T, d *dataset.Dataset, table string) []byte {
	var text bytes.Buffer
	for part := range d.Parts() {
		columns, err := dataset.ColumnNames(t.Context(), d, table, part)
		must(t, err)
		must(t, dataset.Each(t.Context(), d, table, part, func(row any) error {
			line, err := dataset.RowJSON(row, columns, true)
			text.Write(line)
			text.WriteByte('\n')
			return err
		}))
	}
	return text.Bytes()
}

func indented(t *testing.T, value any) []byte {
	text, err := json.MarshalIndent(value, "", "  ")
	must(t, err)
	return append(text, '\n')
}

// filesIn are the files of a folder and what they hold; none where it is missing.
func filesIn(t *testing.T, folder string) map[string][]byte {
	files := map[string][]byte{}
	entries, err := os.ReadDir(folder)
	if !errors.Is(err, fs.ErrNotExist) {
		must(t, err)
	}
	for _, entry := range entries {
		files[entry.Name()], err = os.ReadFile(filepath.Join(folder, entry.Name()))
		must(t, err)
	}
	return files
}
