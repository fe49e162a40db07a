package registry

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
)

// TestMain lets the test's binary be a process that promotes and is killed.
func TestMain(m *testing.M) {
	syscall.Umask(0o077)
	if os.Getenv("CLINFLOW_TEST_PROMOTE") != "" {
		os.Exit(promoteAndDie())
	}
	os.Exit(m.Run())
}

// mortal is a folder of this machine whose process is killed before its nth write.
type mortal struct {
	store.Dir
	left *int
}

func (d mortal) step() {
	if *d.left--; *d.left < 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (d mortal) URI() string                     { return "mortal://" + d.Dir.URI() }
func (d mortal) LocalPath(string) (string, bool) { return "", false }
func (d mortal) Sub(name string) store.Dir       { return mortal{d.Dir.Sub(name), d.left} }
func (d mortal) RemoveAll(ctx context.Context, name string) error {
	d.step()
	return d.Dir.RemoveAll(ctx, name)
}
func (d mortal) Create(ctx context.Context, name string) (store.File, error) {
	return d.file(d.Dir.Create(ctx, name))
}
func (d mortal) CreateNew(ctx context.Context, name string) (store.File, error) {
	return d.file(d.Dir.CreateNew(ctx, name))
}
func (d mortal) Replace(ctx context.Context, name, version string) (store.File, error) {
	return d.file(d.Dir.Replace(ctx, name, version))
}
func (d mortal) TryLock(ctx context.Context, name, text string) (context.Context, func(), string, error) {
	return store.TryLock(ctx, d.Dir, name, text)
}
func (d mortal) LockHolder(ctx context.Context, name string) (string, bool, error) {
	return store.LockHolder(ctx, d.Dir, name)
}

// file is killed with the file begun, or before it has its name.
func (d mortal) file(f store.File, err error) (store.File, error) {
	d.step()
	return mortalFile{f, d}, err
}

type mortalFile struct {
	store.File
	dir mortal
}

func (f mortalFile) Commit() error {
	f.dir.step()
	return f.File.Commit()
}

// promoteAndDie promotes what the environment names; it exits with 0 where it lived to
// the end.
func promoteAndDie() int {
	left, _ := strconv.Atoi(os.Getenv("CLINFLOW_TEST_PROMOTE"))
	store.Register("mortal", func(uri string) (store.Dir, error) {
		dir, err := store.Open(strings.TrimPrefix(uri, "mortal://"))
		return mortal{dir, &left}, err
	})
	ctx := context.Background()
	d, err := dataset.Open(ctx, os.Getenv("CLINFLOW_TEST_ADAPTER"))
	if err != nil {
		return 1
	}
	over := os.Getenv("CLINFLOW_TEST_OVER")
	m, err := Open("mortal://" + os.Getenv("CLINFLOW_TEST_MODEL"))
	if err == nil {
		_, err = m.Promote(ctx, Candidate{Adapters: map[string]*dataset.Dataset{"mor": d}, Decision: []byte("b over " + over), Over: over, Why: "better"})
	}
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

// A promotion is killed before each of its writes in turn. What is left reads well, the
// current version is the old one or the new, and whole; and the promotion, made again,
// leaves what an undisturbed one does.
func TestKilledAtEachWrite(t *testing.T) {
	next := adapter(t, "mor", "b")
	var want []string
	for left := 0; ; left++ {
		m := model(t, filepath.Join(t.TempDir(), "mor"))
		first := promoted(t, m, "a", "")
		promote := func(left int) error {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), "CLINFLOW_TEST_PROMOTE="+strconv.Itoa(left), "CLINFLOW_TEST_MODEL="+m.URI(), "CLINFLOW_TEST_ADAPTER="+next.URI(), "CLINFLOW_TEST_OVER="+first)
			out, err := cmd.CombinedOutput()
			if err != nil && !strings.Contains(err.Error(), "killed") {
				t.Fatalf("write %d: %v: %s", left, err, out)
			}
			return err
		}
		died := promote(left) != nil
		s := state(t, m)
		current, err := m.Version(t.Context(), s, s.CurrentVersion())
		must(t, err)
		must(t, current.Verify(t.Context()))
		if last := s.History[len(s.History)-1]; last.Version != s.CurrentVersion() || last.Version == first != (len(s.History) == 1) {
			t.Errorf("write %d: current is %s, the history ends with %s", left, s.CurrentVersion(), last.Version)
		}
		again := candidate(t, "b", first)
		again.Adapters["mor"], again.Cards = next, nil
		_, err = m.Promote(t.Context(), again)
		must(t, err)
		got := told(t, m)
		for name := range sums(t, m.URI()) {
			if strings.Contains(name, "unfinished") {
				t.Errorf("write %d: %s is left over", left, name)
			}
		}
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("write %d: %s", left, diff)
		}
		if !died {
			if left < 15 {
				t.Errorf("a promotion makes %d writes", left)
			}
			t.Logf("killed before each of %d writes", left)
			return
		}
	}
}
