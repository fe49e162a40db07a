package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// ingestDAG reads a MIMIC-IV tree and labels it.
const ingestDAG = `
name: ingest
steps:
  patients: {stage: ingest.mimiciv, with: {root: tree, shards: 2}}
  mortality: {stage: label.mortality, in: {patients: patients}}
`

// secret stands for what a damaged record holds: it must never be printed.
const secret = "zqcanaryaaaaaaaaaaaaa"

// tree makes a small synthetic tree and a DAG that reads it.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--patients", "8", "--out", "tree")
	write(t, filepath.Join(dir, "ingest.yaml"), ingestDAG)
	return dir
}

// rewrite replaces the text of a gzip file.
func rewrite(t *testing.T, path string, change func(string) string) {
	t.Helper()
	write(t, path, zipped(t, change(unzipped(t, path))))
}

func unzipped(t *testing.T, path string) string {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func TestDamagedInputs(t *testing.T) {
	admissions, discharge := "tree/hosp/admissions.csv.gz", "tree/note/discharge.csv.gz"
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		code   int
		says   []string
	}{
		{"missing file", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, admissions)); err != nil {
				t.Fatal(err)
			}
		}, 2, []string{"hosp/admissions.csv"}},
		{"missing root", func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "tree")); err != nil {
				t.Fatal(err)
			}
		}, 2, []string{"steps.patients.with.root: tree is not there", "holds hosp/ and icu/", "note_root the one that holds note/"}},
		{"truncated gzip", func(t *testing.T, dir string) {
			path := filepath.Join(dir, discharge)
			write(t, path, read(t, path)[:2000])
		}, 3, []string{"note/discharge.csv.gz", "truncated", "byte"}},
		{"unbalanced quote", func(t *testing.T, dir string) {
			rewrite(t, filepath.Join(dir, discharge), func(s string) string {
				return strings.Replace(s, ",\"", ",\""+secret+"\"x", 1)
			})
		}, 3, []string{"note/discharge.csv.gz", "row 1", "quote"}},
		{"wrong column", func(t *testing.T, dir string) {
			rewrite(t, filepath.Join(dir, admissions), func(s string) string { return strings.Replace(s, "hadm_id", "hamd_id", 1) })
		}, 3, []string{"hosp/admissions.csv.gz", "hadm_id", "hamd_id"}},
		{"malformed numbers and dates", func(t *testing.T, dir string) {
			rewrite(t, filepath.Join(dir, admissions), func(s string) string {
				lines := strings.SplitAfter(s, "\n")
				for i := 1; i < len(lines)-1; i++ {
					fields := strings.Split(lines[i], ",")
					fields[2-i%2] = secret // hadm_id and admittime in turn
					lines[i] = strings.Join(fields, ",")
				}
				return strings.Join(lines, "")
			})
		}, 3, []string{"records are bad", "max_bad_fraction"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t)
			tt.damage(t, dir)
			r := clinflow(t, dir, tt.code, "run", "ingest.yaml", "--out", "out")
			if strings.Count(r.stderr, "error:") != 1 {
				t.Errorf("want one error, got:\n%s", withheld(r.stderr))
			}
			for _, want := range tt.says {
				if !strings.Contains(r.stderr, want) {
					t.Errorf("the error does not say %q:\n%s", want, withheld(r.stderr))
				}
			}
			noCanary(t, "the streams", r.all())
			noDataset(t, filepath.Join(dir, "out"))
		})
	}
}

// noDataset wants no manifest and no finished part left behind.
func noDataset(t *testing.T, out string) {
	t.Helper()
	if manifests, _ := filepath.Glob(filepath.Join(out, "steps", "*", "manifest.json")); len(manifests) > 0 {
		t.Errorf("a failed step left %v", manifests)
	}
}

func TestWrongConfigurationIsReportedAtOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "wrong.yaml"), `name: wrong
steps:
  patients: {stage: ingest.mimicv, with: {root: tree}}
  corpus: {stage: tokenize.notes, in: {note: patients.notes}, with: {max_lenght: 128}}
`)
	for _, args := range [][]string{{"lint", "wrong.yaml"}, {"run", "wrong.yaml"}, {"plan", "wrong.yaml"}} {
		r := clinflow(t, dir, 2, args...)
		for _, want := range []string{"wrong.yaml:3:", "ingest.mimiciv", "wrong.yaml:4:", "max_length", "notes"} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%v does not say %q:\n%s", args, want, r.stderr)
			}
		}
	}
}

// Names that only the last step would refuse are refused before the first.
func TestNamesAreCheckedFirst(t *testing.T) {
	const sound = "with: {base: ${base}}\n"
	shipped := read(t, "../../dags", "two-step.yaml")
	if strings.Count(shipped, sound) != 1 {
		t.Fatalf("two-step.yaml has %q %d times, want it once", sound, strings.Count(shipped, sound))
	}
	dag := strings.Replace(shipped, sound, "with: {base: ${base}, variant: \"lora r=8\"}\n", 1)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "names.yaml"), dag)
	for _, command := range []string{"lint", "plan", "run"} {
		r := clinflow(t, dir, 2, command, "names.yaml")
		for _, want := range []string{"predictions.with.variant: is no name"} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%s does not say %q:\n%s", command, want, r.stderr)
			}
		}
	}
}

func TestWrongUsage(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"runn"}, {"run"}, {"run", "demo", "--no-such-flag"}, {"run", "no-such-dag"}, {"run", "no-such.yaml"},
		{"demo", "--scale", "huge"}, {"demo", "extra"}, {"demo", "--patients", "0"}, {"demo", "--patients", "-5"}, {"demo", "--runner", "abacus"}, {"demo", "--remote-above", "much"}, {"cat", "nowhere"}, {"verify", "nowhere"},
		{"lint", "demo", "--set", "nobody=1"}, {"--memory", "much", "version"}, {"--memory", "5", "version"}, {"--memory", "255MiB", "version"}, {"--workers", "0", "version"},
		{"--log-format", "xml", "version"}, {"inspect", "encode"}, {"inspect", "encode", "--tokenizer", "nowhere"},
		{"inspect", "generate", "--model", "nowhere"}, {"synth"}, {"runs", "show", "r1"},
	} {
		r := clinflow(t, dir, 2, args...)
		if strings.Count(r.stderr, "error:") != 1 {
			t.Errorf("%v: want one error, got %q", args, r.stderr)
		}
	}
}

func TestUnwritableOutput(t *testing.T) {
	dir := tree(t)
	write(t, filepath.Join(dir, "file"), "a file where the output folder should be")
	for _, tt := range []struct {
		out  string
		code int
	}{{"file", 2}, {"file/out", 2}, {"/proc/clinflow", 1}} {
		r := clinflow(t, dir, tt.code, "run", "ingest.yaml", "--out", tt.out)
		if !strings.Contains(r.stderr, tt.out) || strings.Count(r.stderr, "error:") != 1 {
			t.Errorf("--out %s: standard error %q", tt.out, r.stderr)
		}
	}
}
