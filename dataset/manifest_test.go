package dataset

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
		ManifestVersion: manifestVersion, Kind: KindPatients, Parts: 2,
		Versions: Versions{Kind: 1, Tables: map[string]int{"notes": 1, "admissions": 2}},
		Tables: map[string][]PartInfo{
			"notes":      {{Rows: 3, Bytes: 100, SHA256: shaA}, {Rows: 0, Bytes: 50, SHA256: shaB}},
			"admissions": {{Rows: 1, Bytes: 70, SHA256: shaB}, {Rows: 2, Bytes: 80, SHA256: shaA}},
		},
		Files:      []FileInfo{{"a/b.json", 2, shaA}, {"c.json", 0, shaB}},
		Attributes: map[string]json.RawMessage{"task": json.RawMessage(`{"name":"mor"}`)},
		Stage:      "ingest.mimiciv", StageVersion: 3, Config: json.RawMessage(`{"shards":2,"root":"<&>"}`),
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
		{"the kind's version", func(m *Manifest) { m.Versions.Kind++ }, true},
		{"a table's version", func(m *Manifest) { m.Versions.Tables["notes"]++ }, true},
		{"an attribute", func(m *Manifest) { m.Attributes["task"] = json.RawMessage(`{"name":"los"}`) }, true},
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
	other.Versions.Tables["admissions"]++
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
	"no version of a table":    func(m map[string]any) { m["versions"] = map[string]any{"kind": 1} },
	"no version of the kind":   func(m map[string]any) { delete(m["versions"].(map[string]any), "kind") },
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
			if name == "null" { // it has no version either
				checkUsage(t, err, folder, "manifest of version 0")
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

func TestOpenOfOtherVersions(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(m map[string]any)
		says []string
	}{
		{"manifest", func(m map[string]any) { m["manifest_version"], m["key_of_the_future"] = manifestVersion+1, true }, []string{"manifest of version 4", "reads version 3"}},
		{"the manifests before the last", func(m map[string]any) { delete(m, "manifest_version"); m["schema_version"] = 1 }, []string{"manifest of version 1"}},
	} {
		var m map[string]any
		must(t, json.Unmarshal(encode(t, fullManifest()), &m))
		c.edit(m)
		data, err := json.Marshal(m)
		must(t, err)
		folder := writeManifest(t, data)
		_, err = Open(t.Context(), folder)
		checkUsage(t, err, append(c.says, folder)...)
	}
	m := fullManifest()
	m.Versions.Kind = 2
	_, err := Open(t.Context(), writeManifest(t, encode(t, m)))
	checkUsage(t, err, "patients of version 2, this clinflow reads version 1")
}

// A table of another version is refused where it is read; the tables beside it are
// read as before.
func TestTablesHaveVersionsOfTheirOwn(t *testing.T) {
	w := newWriter(t, 1, TableNotes, TablePatients)
	writePart(t, w, TableNotes, 0, []Note{{SubjectID: 1}})
	must(t, w.Commit(t.Context(), Manifest{}, nil))
	d, err := Open(t.Context(), w.URI())
	must(t, err)
	m := d.Manifest
	m.Versions.Tables = map[string]int{TableNotes: 1, TablePatients: 2}
	must(t, os.WriteFile(filepath.Join(w.URI(), ManifestName), encode(t, m), 0o600))
	d, err = Open(t.Context(), w.URI())
	must(t, err)
	for _, err := range Read[Note](t.Context(), d, TableNotes, 0) {
		must(t, err)
	}
	for _, err := range Read[Patient](t.Context(), d, TablePatients, 0) {
		checkUsage(t, err, "table patients of version 2, this clinflow reads version 1")
		return
	}
	t.Error("a table of another version is read")
}

// The manifests are of outputs that clinflow wrote when manifest, kinds and tables had
// one version between them: of tokens, and of an adapter, whose making takes longest.
func TestOldManifestsAreReadForward(t *testing.T) {
	for _, old := range []struct {
		name, kind, stage string
		versions          Versions
		parts, files      int
	}{
		{"old-tokens.json", "tokens", "tokenize.notes", Versions{1, map[string]int{"tokens": 1}}, 16, 0},
		{"old-adapter.json", KindAdapter, "train.pretrain", Versions{Kind: 1}, 0, 6},
	} {
		t.Run(old.name, func(t *testing.T) {
			data, err := os.ReadFile("testdata/" + old.name)
			must(t, err)
			d, err := Open(t.Context(), writeManifest(t, data))
			must(t, err)
			m := d.Manifest
			if m.Kind != old.kind || m.Stage != old.stage || m.Parts != old.parts || len(m.Tables["tokens"]) != old.parts || len(m.Files) != old.files {
				t.Errorf("read as %+v", m)
			}
			if diff := cmp.Diff(old.versions, m.Versions); diff != "" {
				t.Error(diff)
			}
			again, err := decodeManifest(encode(t, m))
			must(t, err)
			if again.Digest() != m.Digest() {
				t.Error("written again in today's form, it is another dataset")
			}
			for _, at := range []int{5, len(data) / 2, len(data) - 20} {
				altered := bytes.Clone(data)
				altered[at] ^= 1
				if _, err := Open(t.Context(), writeManifest(t, altered)); err == nil {
					t.Errorf("byte %d altered, and it is read", at)
				}
			}
		})
	}
}

func FuzzManifest(f *testing.F) {
	whole := encode(f, fullManifest())
	f.Add(whole)
	for _, name := range []string{"old-tokens.json", "old-adapter.json"} {
		old, err := os.ReadFile("testdata/" + name)
		must(f, err)
		f.Add(old)
	}
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
