package gs

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
	"github.com/clinflow/clinflow/internal/store/storetest"
)

// A bucket that is only named is asked for nothing, and needs no credentials.
func TestNamingABucketConnectsToNothing(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "nobody.invalid:1")
	before := len(clients)
	for uri, want := range map[string]string{
		"gs://notes": "gs://notes", "gs://notes/": "gs://notes", "gs://notes/a//b/": "gs://notes/a/b", "gs://notes/a/../b": "gs://notes/b", "gs://notes/../../b": "gs://notes/b",
	} {
		dir := bucket(t, uri)
		if dir.URI() != want {
			t.Errorf("%s is %s, want %s", uri, dir.URI(), want)
		}
		if _, local := store.Together(store.Volatile(store.Confined(dir))).Sub("a").LocalPath("b"); local {
			t.Errorf("%s has a path on this machine", uri)
		}
		if err := store.Settle(dir, "a"); err != nil {
			t.Error(err)
		}
	}
	for _, uri := range []string{"gs://", "gs:///x", "gs://a", "gs://UPPER/x", "gs://with space/x"} {
		if _, err := store.Open(uri); exit.Of(err) != exit.Usage {
			t.Errorf("%s: %v", uri, err)
		}
	}
	if _, _, err := store.FolderOf("gs://notes"); exit.Of(err) != exit.Usage {
		t.Errorf("a bucket as a file: %v", err)
	}
	if len(clients) != before {
		t.Error("a client was made")
	}
}

// Without credentials the first request says how to get them.
func TestCredentialsAreAskedFor(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
	_, err := bucket(t, "gs://notes/x").List(t.Context(), "")
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "gcloud auth application-default login") {
		t.Error(err)
	}
}

func bucket(t *testing.T, uri string) store.Dir {
	t.Helper()
	dir, err := store.Open(uri)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestContract(t *testing.T) {
	gstest.New(t)
	var folders atomic.Int64
	storetest.Contract(t, func(t *testing.T) store.Dir {
		return bucket(t, gstest.URI(fmt.Sprintf("out %d/with ünusual+names", folders.Add(1))))
	})
}
