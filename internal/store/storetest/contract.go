// Package storetest holds every store to the contract of store.Dir: the same tests for a
// folder of this machine and for one of a bucket.
package storetest

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/store"
)

// Contract tests a store, of which open gives an empty folder each time.
func Contract(t *testing.T, open func(t *testing.T) store.Dir) {
	for name, test := range map[string]func(*testing.T, store.Dir){
		"its URI leads to it":             uri,
		"a file is whole or absent":       wholeOrAbsent,
		"a new file has one winner":       createNew,
		"many sizes are read as written":  sizes,
		"a reader reads at any place":     anyPlace,
		"a listing is sorted":             listing,
		"names stay inside":               inside,
		"a version tells of other bytes":  versions,
		"a version is replaced once":      replacing,
		"a file has another name":         renameFile,
		"a folder has another name":       renameFolder,
		"removing is thorough":            removing,
		"a lock is one's at a time":       locking,
		"a log keeps its lines":           logging,
		"a mark has one first":            marking,
		"what is missing is not there":    missing,
		"a text survives being sealed":    sealed,
		"a cancelled write leaves a file": cancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir store.Dir, name, text string) {
	t.Helper()
	must(t, store.WriteFile(t.Context(), dir, name, []byte(text)))
}

func read(t *testing.T, dir store.Dir, name string) string {
	t.Helper()
	f, err := dir.Open(t.Context(), name)
	must(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	must(t, err)
	return string(text)
}

func names(t *testing.T, dir store.Dir, prefix string) (all []string) {
	t.Helper()
	infos, err := dir.List(t.Context(), prefix)
	must(t, err)
	for _, info := range infos {
		all = append(all, info.Name)
	}
	return all
}

func want(t *testing.T, what string, wanted, got any) {
	t.Helper()
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func uri(t *testing.T, dir store.Dir) {
	write(t, dir, "a/b", "text")
	again, err := store.Open(dir.Sub("a").URI())
	must(t, err)
	want(t, "through the URI", "text", read(t, again, "b"))
	folder, name, err := store.FolderOf(dir.URI() + "/a/b")
	must(t, err)
	want(t, "the folder of a file", []string{dir.URI() + "/a", "b"}, []string{folder.URI(), name})
	itself, err := store.Open(dir.URI() + "/a/b")
	must(t, err)
	want(t, "the file of its own address", "text", read(t, itself, ""))
}
