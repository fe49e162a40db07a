//go:build slow || proof

package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
	"github.com/clinflow/clinflow/runners"
)

// inABucket is a bucket for commands in processes of their own, whose copies lie in a
// folder of the test.
func inABucket(t *testing.T) *gstest.Server {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return gstest.New(t)
}

// bucketOutputs are the digests of all that lies in a folder of the bucket but journals,
// as outputs has them of a folder on this machine.
func bucketOutputs(t testing.TB, server *gstest.Server, folder string) map[string]string {
	t.Helper()
	objects := server.Objects(t, folder+"/")
	if len(objects) == 0 {
		t.Fatalf("no file lies in %s", folder)
	}
	digests := map[string]string{}
	for _, object := range objects {
		if name := strings.TrimPrefix(object.Name, folder); !strings.HasPrefix(name, "/runs/") {
			sum := sha256.Sum256(object.Content)
			digests[name] = hex.EncodeToString(sum[:])
		}
	}
	return digests
}

// filesAlone are outputs without the folders, which a bucket does not have, without what
// a run knows of this machine's files, and without the published report, which tells of
// the run; the step's own report is among them.
func filesAlone(all map[string]string) map[string]string {
	files := map[string]string{}
	for name, digest := range all {
		if digest != "a folder" && !strings.HasPrefix(name, "/cache/") && name != "/report.html" {
			files[name] = digest
		}
	}
	return files
}

// bucketArgs are a command's arguments with its outputs in a bucket.
func bucketArgs(u undisturbed, folder string) []string {
	args := append([]string(nil), u.args...)
	args[len(args)-1] = gstest.URI(folder)
	return args
}

// killInABucket kills a command whose outputs go to a bucket at n moments drawn from a
// seed, and lets it go on: nothing is lost, and nothing is left over.
func killInABucket(t *testing.T, n int, dir string, u undisturbed) {
	server := inABucket(t)
	began := time.Now()
	clinflow(t, dir, 0, bucketArgs(u, "undisturbed")...)
	span := time.Since(began)
	want := filesAlone(bucketOutputs(t, server, "undisturbed"))
	sameOutputs(t, filesAlone(u.files), want)
	const seed = 20261126
	t.Logf("seed %d, undisturbed %s", seed, span)
	random := rand.New(rand.NewPCG(seed, 0))
	met := map[string]int{}
	for i := range n {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			folder := fmt.Sprint("out-", i)
			out, err := store.Open(gstest.URI(folder))
			if err != nil {
				t.Fatal(err)
			}
			args := bucketArgs(u, folder)
			for !start(t, dir, nil, args...).killAfter(t, time.Duration(random.Int64N(int64(span)))) {
				met["nothing, and drawn anew: it had ended"]++
				empty(t, out)
			}
			runs, err := runners.ListRuns(t.Context(), gstest.URI(folder))
			if err != nil || len(runs) == 0 {
				met["no run yet"]++
			} else {
				for _, step := range runs[0].Steps {
					if step.State == runners.OutcomeInterrupted {
						met[step.Stage]++
					}
				}
			}
			clinflow(t, dir, 0, args...)
			sameOutputs(t, want, filesAlone(bucketOutputs(t, server, folder)))
			empty(t, out)
		})
	}
	t.Logf("killed in: %v", met)
}

// empty removes what a run left: the fake keeps all in memory.
func empty(t *testing.T, out store.Dir) {
	t.Helper()
	if err := out.RemoveAll(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
}
