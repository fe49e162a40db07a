//go:build slow

package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// A file with nothing in it is an accident; one with its header is a table
// without rows.
func TestSlowEmptyInput(t *testing.T) {
	const empty, damaged, sound = "the file is empty", "restore", ""
	for _, tt := range []struct {
		name, file string
		content    func(t *testing.T, text string) string
		says       string
	}{
		{"no byte, .csv.gz", "discharge.csv.gz", func(*testing.T, string) string { return "" }, empty},
		{"no byte, .csv", "discharge.csv", func(*testing.T, string) string { return "" }, empty},
		{"gzip of nothing", "discharge.csv.gz", func(t *testing.T, _ string) string { return zipped(t, "") }, empty},
		{"gzip of a byte order mark", "discharge.csv.gz", func(t *testing.T, _ string) string { return zipped(t, "\ufeff") }, empty},
		{"blank lines", "discharge.csv", func(*testing.T, string) string { return "\n\r\n\n" }, empty},
		{"zeros in place of gzip", "discharge.csv.gz", func(_ *testing.T, text string) string { return strings.Repeat("\x00", len(text)) }, damaged},
		{"zeros in place of text", "discharge.csv", func(_ *testing.T, text string) string { return strings.Repeat("\x00", len(text)) }, "header row"},
		{"text named as gzip", "discharge.csv.gz", func(_ *testing.T, text string) string { return text }, "not a gzip file"},
		{"gzip named as text", "discharge.csv", func(t *testing.T, text string) string { return zipped(t, text) }, damaged},
		{"no header", "discharge.csv", func(_ *testing.T, text string) string { return text[strings.Index(text, "\n")+1:] }, "header row"},
		{"header only", "discharge.csv.gz", func(t *testing.T, text string) string { return zipped(t, header(text)) }, sound},
		{"header only, no line end", "discharge.csv", func(_ *testing.T, text string) string { return strings.TrimSpace(header(text)) }, sound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := soundTree(t)
			packed := filepath.Join(dir, dischargeGzip)
			text := unzipped(t, packed)
			remove(t, packed)
			write(t, filepath.Join(dir, "tree", "note", tt.file), tt.content(t, text))
			if tt.says != sound {
				fails(t, dir, 3, "note/"+tt.file, tt.says)
				return
			}
			radiology := len(recordEnds(t, unzipped(t, filepath.Join(dir, "tree/note/radiology.csv.gz")))) - 1
			if rows := rowsOf(t, succeeds(t, dir), "patients", "notes"); rows != radiology {
				t.Errorf("%d notes, want the %d of radiology", rows, radiology)
			}
		})
	}
}

// rowsOf is how many rows the manifest says a table of a step has.
func rowsOf(t *testing.T, out, step, table string) (rows int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(out, "steps", step+"-*", "manifest.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("manifests of %s: %v %v", step, found, err)
	}
	var manifest struct {
		Tables map[string][]struct{ Rows int }
	}
	if err := json.Unmarshal([]byte(read(t, found[0])), &manifest); err != nil {
		t.Fatal(err)
	}
	for _, part := range manifest.Tables[table] {
		rows += part.Rows
	}
	return rows
}

func header(text string) string { return text[:strings.Index(text, "\n")+1] }

// An input may go between plan and run.
func TestSlowVanishedInput(t *testing.T) {
	dir := soundTree(t)
	noCanary(t, "plan", clinflow(t, dir, 0, "plan", "faults.yaml", "--out", "out").all())
	files, err := filepath.Glob(filepath.Join(dir, "tree", "*", "*.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	var needed int
	for _, file := range files {
		if filepath.Base(file) == "services.csv.gz" { // no stage reads it
			continue
		}
		text := read(t, file)
		remove(t, file)
		name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
		fails(t, dir, 2, "missing", name, "root")
		oneError(t, clinflow(t, dir, 2, "plan", "faults.yaml", "--out", "out"), "missing", name)
		write(t, file, text)
		needed++
	}
	t.Logf("%d files removed one by one: %d refused", needed, needed)
}
