package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

// checkBadData wants an error of exit.BadData that names the file and quotes no
// text.
func checkBadData(t testing.TB, err error, place string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("damage to %s went unseen", filepath.Base(place))
	case exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), place):
		t.Errorf("exit code %d, error %q; want code %d and the name %s", exit.Of(err), err, exit.BadData, place)
	case strings.Contains(err.Error(), canary):
		t.Error("the error quotes note text")
	}
}

const canary = "canary7f3a"

// notesDataset is a dataset of one part with some text.
func notesDataset(t testing.TB) (*Dataset, string) {
	w := newWriter(t, 1)
	var notes []Note
	for i := range int64(40) {
		notes = append(notes, Note{NoteID: fmt.Sprint("note-", i), SubjectID: i, Text: canary + strings.Repeat(" seen", int(i))})
	}
	writePart(t, w, TableNotes, 0, notes)
	return commit(t, w), filepath.Join(w.URI(), "notes", "part-00000-of-00001.parquet")
}

func readError[T any](t testing.TB, d *Dataset, table string) (rows int, err error) {
	t.Helper()
	for _, err := range Read[T](t.Context(), d, table, 0) {
		if err != nil {
			return rows, err
		}
		rows++
	}
	return rows, nil
}

func TestADamagedPartGivesNoRow(t *testing.T) {
	d, path := notesDataset(t)
	whole, err := os.ReadFile(path)
	must(t, err)
	damages := map[string][]byte{"empty": {}, "longer": append(whole[:len(whole):len(whole)], 0)}
	for at := 0; at < len(whole); at += 101 {
		damages[fmt.Sprint("cut at ", at)] = whole[:at]
		flipped := []byte(string(whole))
		flipped[at] ^= 0x20
		damages[fmt.Sprint("bit flipped at ", at)] = flipped
	}
	for name, data := range damages {
		t.Run(name, func(t *testing.T) {
			must(t, os.WriteFile(path, data, 0o600))
			again, err := Open(t.Context(), d.URI())
			must(t, err)
			rows, err := readError[Note](t, again, TableNotes)
			checkBadData(t, err, path)
			if rows != 0 {
				t.Errorf("%d rows of a damaged part were handed out", rows)
			}
			checkBadData(t, again.Verify(t.Context()), path)
		})
	}
	must(t, os.Remove(path))
	_, err = readError[Note](t, d, TableNotes)
	checkBadData(t, err, path)
	checkBadData(t, d.Verify(t.Context()), path)
	must(t, os.WriteFile(path, whole, 0o600))
	must(t, d.Verify(t.Context()))
}

// A model is read by its folder, past OpenFile: every way to its bytes checks
// them.
func TestADamagedFileIsNotRead(t *testing.T) {
	w := newWriter(t, 0)
	for _, name := range []string{"config.json", "model.bin", "sub/model.bin"} {
		must(t, w.WriteFile(name, []byte(canary+name)))
	}
	d := commit(t, w)
	ways := map[string]func(*Dataset) error{
		"OpenFile":   func(d *Dataset) error { _, err := d.OpenFile(t.Context(), "model.bin"); return err },
		"LocalPath":  func(d *Dataset) error { _, err := d.LocalPath(t.Context(), "config.json"); return err },
		"CheckFiles": func(d *Dataset) error { return d.CheckFiles(t.Context()) },
		"CopyFile":   func(d *Dataset) error { return newWriter(t, 0).CopyFile(t.Context(), d, "model.bin", "a") },
	}
	path := filepath.Join(d.URI(), "model.bin")
	for name, damage := range map[string]func() error{
		"flipped": func() error { return os.WriteFile(path, []byte(canary+"Model.bin"), 0o600) },
		"missing": func() error { return os.Remove(path) },
	} {
		must(t, damage())
		for way, read := range ways {
			t.Run(name+" "+way, func(t *testing.T) {
				again, err := Open(t.Context(), d.URI())
				must(t, err)
				checkBadData(t, read(again), path)
			})
		}
	}
	_, err := d.LocalPath(t.Context(), "sub/model.bin")
	must(t, err)
}

// The manifest may be whole and yet not the part's.
func TestARowCountThatDiffersIsDamage(t *testing.T) {
	d, path := notesDataset(t)
	for _, more := range []int64{-1, 1} {
		d.Manifest.Tables[TableNotes][0].Rows += more
		_, err := readError[Note](t, d, TableNotes)
		checkBadData(t, err, path)
		d.Manifest.Tables[TableNotes][0].Rows -= more
	}
}

// TestVerifyCountsRows: a manifest that was changed and sealed again is found out by
// the parts themselves.
func TestVerifyCountsRows(t *testing.T) {
	d, path := notesDataset(t)
	for _, rows := range []int64{0, 39, 41, 1e15} {
		m := d.Manifest
		info := m.Tables[TableNotes][0]
		info.Rows = rows
		m.Tables = map[string][]PartInfo{TableNotes: {info}}
		text, err := m.encode()
		must(t, err)
		must(t, os.WriteFile(filepath.Join(d.URI(), ManifestName), text, 0o600))
		again, err := Open(t.Context(), d.URI())
		must(t, err)
		checkBadData(t, again.Verify(t.Context()), path)
	}
}
