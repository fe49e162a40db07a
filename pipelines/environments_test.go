package pipelines_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/stages"
)

// meeting lets nobody go on before all have come.
type meeting struct {
	missing atomic.Int32
	whole   chan struct{}
}

func newMeeting(of int) *meeting {
	m := &meeting{whole: make(chan struct{})}
	m.missing.Store(int32(of))
	return m
}

func (m *meeting) join() error {
	if m.missing.Add(-1) == 0 {
		close(m.whole)
	}
	select {
	case <-m.whole:
		return nil
	case <-time.After(time.Minute):
		return errors.New("the others did not come")
	}
}

// signed writes the notes of its input with the name of its environment for a text, when
// all parts of all environments are at work.
type signed struct {
	env  *stages.Environment
	name string
	all  *meeting
}

func (s signed) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	if err := s.all.join(); err != nil {
		return err
	}
	s.env.Log.Info().Int("part", part).Msg(s.name)
	rows, err := dataset.Rows[mimic.Note](out, mimic.TableNotes)
	if err != nil {
		return err
	}
	for note, err := range dataset.Read[mimic.Note](ctx, in.One("notes"), mimic.TableNotes, part) {
		if err != nil {
			return err
		}
		note.Text = fmt.Sprintf("%s with %d workers", s.name, s.env.Workers)
		if err := rows.Write(note); err != nil {
			return err
		}
	}
	return nil
}

// signing is an environment with one stage, whose name another environment has for a
// stage of its own.
func signing(t *testing.T, name string, workers int, all *meeting) (env *stages.Environment, said *bytes.Buffer, shown string) {
	t.Helper()
	spec := stages.DefineMap(stages.Spec{
		Name: "own.sign", Version: 1, Doc: "test",
		In:  []stages.Port{{Name: "notes", Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}, Sharded: true, Doc: "notes"}},
		Out: stages.Output{Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}},
	}, func(env *stages.Environment, _ faults) (stages.Map, error) { return signed{env, name, all}, nil })
	file, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	said = &bytes.Buffer{}
	return stages.NewEnvironment(spec).With(func(s *stages.Settings) {
		s.Workers, s.Progress, s.Log = workers, progress.To(file), zerolog.New(zerolog.SyncWriter(said))
	}), said, file.Name()
}

// Two environments are at work in one process at once, each with its own stage of one
// name, workers, progress and log.
func TestEnvironmentsDoNotMeet(t *testing.T) {
	const parts = 2
	notes := run(t, "direct", task(t, "test.lines", faults{Root: texts(t, 20), Shards: parts, MaxBad: 1}, 2, "")).URI()
	for _, runner := range []string{"direct", "prism"} {
		t.Run(runner, func(t *testing.T) {
			all := newMeeting(2 * parts)
			var ended sync.WaitGroup
			for i, name := range []string{"red", "blue"} {
				env, said, shown := signing(t, name, parts+i, all)
				work := task(t, "own.sign", faults{Shards: parts}, 1, notes)
				ended.Go(func() {
					if err := pipelines.Run(t.Context(), env, runner, work); err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
					checkSigned(t, work.Out, fmt.Sprintf("%s with %d workers", name, parts+i))
					if n := strings.Count(said.String(), name); n != parts || strings.Count(said.String(), "\n") != parts {
						t.Errorf("%s said %s", name, said)
					}
					text, err := os.ReadFile(shown)
					if err != nil || !strings.HasPrefix(string(text), "step-own.sign: 2/2 parts") {
						t.Errorf("%s showed %q, %v", name, text, err)
					}
				})
			}
			ended.Wait()
		})
	}
}

func checkSigned(t *testing.T, out, want string) {
	d, err := dataset.Open(t.Context(), out)
	if err != nil {
		t.Error(err)
		return
	}
	rows := 0
	for part := range d.Parts() {
		for note, err := range dataset.Read[mimic.Note](t.Context(), d, mimic.TableNotes, part) {
			if err != nil || note.Text != want {
				t.Errorf("a note says %q, want %q; %v", note.Text, want, err)
			}
			rows++
		}
	}
	if rows != 57 {
		t.Errorf("%d notes, want 57", rows)
	}
}

// counted is a source that counts the sorted runs which it merges. Two of them scan at
// the same time.
type counted struct {
	lines
	both *meeting
	once *sync.Once
	runs *atomic.Int64
}

func (c counted) Scan(ctx context.Context, file stages.RawFile, spill *extsort.Spill) (err error) {
	c.once.Do(func() { err = c.both.join() })
	return errors.Join(err, c.lines.Scan(ctx, file, spill))
}

func (c counted) Merge(ctx context.Context, part int, runs []extsort.Run, out *dataset.PartWriter) error {
	c.runs.Add(int64(len(runs)))
	return c.lines.Merge(ctx, part, runs, out)
}

// Two environments at work at once have a memory each: where there is next to none every
// row becomes a run, and where there is enough a file's rows of a part are one.
func TestEnvironmentsDoNotShareMemory(t *testing.T) {
	const parts, files, rows = 2, 3, 60
	root := texts(t, rows/files)
	for _, runner := range []string{"direct", "prism"} {
		t.Run(runner, func(t *testing.T) {
			both := newMeeting(2)
			var ended sync.WaitGroup
			for bytes, want := range map[int64]int64{1: rows, 1 << 30: parts*files + files} { // and a reject a file
				var runs atomic.Int64
				var once sync.Once
				spec := stages.DefineSource(stages.Spec{
					Name: "own.lines", Version: 1, Doc: "test",
					Out: stages.Output{Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes, dataset.TableQuarantine}},
				}, func(_ *stages.Environment, f faults) (stages.Source, error) {
					return counted{lines{f}, both, &once, &runs}, nil
				})
				env := stages.NewEnvironment(spec).With(func(s *stages.Settings) { s.Memory = memory.New(bytes) })
				work := task(t, "own.lines", faults{Root: root, Shards: parts, MaxBad: 1}, 1, "")
				ended.Go(func() {
					if err := pipelines.Run(t.Context(), env, runner, work); err != nil || runs.Load() != want {
						t.Errorf("%d bytes: %d runs, want %d; %v", bytes, runs.Load(), want, err)
					}
				})
			}
			ended.Wait()
		})
	}
}

// A stage of one environment is none of another.
func TestAStageOfAnotherEnvironment(t *testing.T) {
	env, _, _ := signing(t, "red", 1, newMeeting(1))
	err := pipelines.Run(t.Context(), env, "direct", task(t, "test.upper", faults{Shards: 1}, 1, ""))
	if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "test.upper is not in this binary") {
		t.Errorf("got %v", err)
	}
}
