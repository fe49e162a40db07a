package shard

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
)

const (
	shaA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	shaB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func fullManifest() Manifest {
	return Manifest{
		Kind: KindPatients, SchemaVersion: SchemaVersion, Parts: 2,
		Tables: map[string][]PartInfo{
			"notes":      {{Rows: 3, Bytes: 100, SHA256: shaA}, {Rows: 0, Bytes: 50, SHA256: shaB}},
			"admissions": {{Rows: 1, Bytes: 70, SHA256: shaB}, {Rows: 2, Bytes: 80, SHA256: shaA}},
		},
		Files: []FileInfo{{"a/b.json", 2, shaA}, {"c.json", 0, shaB}},
		Stage: "ingest.mimiciv", StageVersion: 3, Config: json.RawMessage(`{"shards":2,"root":"<&>"}`),
		Inputs: map[string]string{"mimic": shaA}, Sources: []string{"hosp/patients.csv.gz"},
		Counts: map[string]int64{"read": 6, "kept": 6}, Seeds: map[string]int64{"split": 1},
		Kernel: "avx512", Revision: "abc",
	}
}

func encode(t testing.TB, m Manifest) []byte {
	t.Helper()
	data, err := m.encode()
	must(t, err)
	return data
}

func TestManifestComesBack(t *testing.T) {
	want := fullManifest()
	data := encode(t, want)
	got, err := decodeManifest(data)
	must(t, err)
	// encoding/json writes < > & as escapes, also inside a raw message.
	want.Config = json.RawMessage(`{"shards":2,"root":"\u003c\u0026\u003e"}`)
	want.SHA256 = got.SHA256 // TestOpenRefusesAnAlteredManifest
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(data, encode(t, got)) {
		t.Error("a manifest read and written again has other bytes")
	}
}

func TestDigestCoversContentAlone(t *testing.T) {
	base := fullManifest().Digest()
	changes := []struct {
		name   string
		change func(*Manifest)
		moves  bool
	}{
		{"kind", func(m *Manifest) { m.Kind = KindTokens }, true},
		{"schema version", func(m *Manifest) { m.SchemaVersion++ }, true},
		{"a part", func(m *Manifest) { m.Tables["notes"][1].SHA256 = shaA }, true},
		{"the order of parts", func(m *Manifest) {
			m.Tables["notes"][0], m.Tables["notes"][1] = m.Tables["notes"][1], m.Tables["notes"][0]
		}, true},
		{"a table's name", func(m *Manifest) { m.Tables["other"] = m.Tables["notes"]; delete(m.Tables, "notes") }, true},
		{"a file", func(m *Manifest) { m.Files[0].SHA256 = shaB }, true},
		{"a file's name", func(m *Manifest) { m.Files[0].Name = "a/c.json" }, true},
		{"config", func(m *Manifest) { m.Config = nil }, false},
		{"revision", func(m *Manifest) { m.Revision = "" }, false},
		{"counts", func(m *Manifest) { m.Counts["read"]++ }, false},
		{"inputs", func(m *Manifest) { m.Inputs["mimic"] = shaB }, false},
	}
	for _, c := range changes {
		m := fullManifest()
		c.change(&m)
		if moved := m.Digest() != base; moved != c.moves {
			t.Errorf("%s changed: the digest moved: %v, want %v", c.name, moved, c.moves)
		}
	}
}

func TestDigestOfTables(t *testing.T) {
	m, other := fullManifest(), fullManifest()
	other.Tables["admissions"][0].SHA256 = shaA
	other.Files = nil
	if m.Digest("notes") != other.Digest("notes") {
		t.Error("the digest of one table moves with another table or a file")
	}
	if m.Digest("notes", "admissions") == other.Digest("notes", "admissions") {
		t.Error("the digest of two tables does not move with one of them")
	}
	if m.Digest("notes", "admissions") != m.Digest("admissions", "notes", "notes") {
		t.Error("the digest depends on the order in which tables are named")
	}
}

// badManifests are edits of the JSON that a reader must refuse.
var badManifests = map[string]func(map[string]any){
	"an unknown key":           func(m map[string]any) { m["extra"] = 1 },
	"no kind":                  func(m map[string]any) { delete(m, "kind") },
	"parts missing in a table": func(m map[string]any) { m["parts"] = 3 },
	"negative parts":           func(m map[string]any) { m["parts"] = -1; delete(m, "tables") },
	"a table that is a path":   func(m map[string]any) { m["tables"] = map[string]any{"../x": []any{}}; m["parts"] = 0 },
	"a file outside":           func(m map[string]any) { setFile(m, "name", "../../x") },
	"an absolute file":         func(m map[string]any) { setFile(m, "name", "/x") },
	"a hidden file":            func(m map[string]any) { setFile(m, "name", ".unfinished") },
	"the manifest as a file":   func(m map[string]any) { setFile(m, "name", ManifestName) },
	"files out of order":       func(m map[string]any) { setFile(m, "name", "z") },
	"no digest":                func(m map[string]any) { setFile(m, "sha256", "") },
	"a digest in capitals":     func(m map[string]any) { setFile(m, "sha256", strings.ToUpper(shaA)) },
	"rows as text":             func(m map[string]any) { setFile(m, "bytes", canary) },
}

func setFile(m map[string]any, key string, value any) {
	m["files"].([]any)[0].(map[string]any)[key] = value
}

// writeManifest puts a manifest into a folder, as another program might have.
func writeManifest(t *testing.T, data []byte) string {
	t.Helper()
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, ManifestName), data, 0o600))
	return folder
}

func TestOpenRefusesBadManifests(t *testing.T) {
	whole := encode(t, fullManifest())
	cases := map[string][]byte{"nothing": nil, "cut short": whole[:len(whole)/2], "more after the end": append(whole, "{}"...), "null": []byte("null")}
	for name, edit := range badManifests {
		var m map[string]any
		must(t, json.Unmarshal(whole, &m))
		edit(m)
		data, err := json.Marshal(m)
		must(t, err)
		cases[name] = data
	}
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			folder := writeManifest(t, data)
			_, err := Open(t.Context(), folder)
			if name == "null" { // it has no schema version either
				checkUsage(t, err, folder, "schema version 0")
				return
			}
			checkBadData(t, err, folder)
			if badManifests[name] != nil && errors.Is(err, errAltered) {
				t.Error("it would be accepted from a writer")
			}
		})
	}
}

func TestOpenRefusesAnAlteredManifest(t *testing.T) {
	whole := encode(t, fullManifest())
	for at := range whole {
		altered := bytes.Clone(whole)
		altered[at] ^= 1
		folder := writeManifest(t, altered)
		if _, err := Open(t.Context(), folder); err == nil || !strings.Contains(err.Error(), folder) || exit.Of(err) == exit.Failed {
			t.Errorf("byte %d altered: %v", at, err)
		}
	}
}

func checkUsage(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil || exit.Of(err) != exit.Usage {
		t.Fatalf("exit code %d, error %v; want code %d", exit.Of(err), err, exit.Usage)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func TestOpenWithoutManifest(t *testing.T) {
	w := newWriter(t, 1, TableNotes)
	writePart(t, w, TableNotes, 0, []Note{{SubjectID: 1}})
	_, err := Open(t.Context(), w.URI())
	checkUsage(t, err, w.URI(), "incomplete or missing dataset")
	_, err = Open(t.Context(), filepath.Join(t.TempDir(), "nowhere"))
	checkUsage(t, err, "incomplete or missing dataset")
	_, err = Open(t.Context(), "s3://bucket/x")
	checkUsage(t, err, "s3")
}

func TestOpenOfAnotherSchemaVersion(t *testing.T) {
	var m map[string]any
	must(t, json.Unmarshal(encode(t, fullManifest()), &m))
	m["schema_version"] = SchemaVersion + 1
	m["key_of_the_future"] = true
	data, err := json.Marshal(m)
	must(t, err)
	folder := writeManifest(t, data)
	_, err = Open(t.Context(), folder)
	checkUsage(t, err, folder, "schema version 3", "reads version 2")
}

func FuzzManifest(f *testing.F) {
	whole := encode(f, fullManifest())
	f.Add(whole)
	f.Add(whole[:100])
	for _, edit := range badManifests {
		var m map[string]any
		must(f, json.Unmarshal(whole, &m))
		edit(m)
		data, err := json.Marshal(m)
		must(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseManifest(data)
		if err != nil {
			return
		}
		again, err := decodeManifest(encode(t, m))
		must(t, err)
		if m.Digest() != again.Digest() || !maps.Equal(m.Counts, again.Counts) {
			t.Error("a manifest that was accepted does not come back")
		}
		for _, file := range m.Files {
			if !filepath.IsLocal(file.Name) {
				t.Errorf("a file outside the dataset was accepted: %q", file.Name)
			}
		}
	})
}
