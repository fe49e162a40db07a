package registry

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	_ "github.com/clinflow/clinflow/internal/store/gs"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
	"github.com/clinflow/clinflow/task"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// adapter is an adapter of a task, with a text for weights.
func adapter(t testing.TB, name, weights string) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "adapter"), "adapter", 0)
	must(t, err)
	must(t, w.SetAttribute(task.Attribute, task.Task{Name: name, Kind: task.Binary, Labels: []string{"no", "yes"}}))
	must(t, w.WriteFile("adapter_config.json", []byte("{}")))
	must(t, w.WriteFile("adapter_model.safetensors", []byte(weights)))
	must(t, w.WriteFile("clinical/adapter_model.safetensors", []byte("clinical "+weights)))
	must(t, w.Commit(t.Context(), dataset.Manifest{Stage: "test", StageVersion: 1}, nil))
	d, err := dataset.Open(t.Context(), w.URI())
	must(t, err)
	return d
}

// candidate is an adapter that a gate let pass over a version.
func candidate(t testing.TB, weights, over string) Candidate {
	return Candidate{
		Adapters: map[string]*dataset.Dataset{"mor": adapter(t, "mor", weights)}, Cards: map[string][]byte{"mor": []byte("# " + weights)},
		Decision: []byte(weights + " over " + over), Over: over, Why: "better", Run: "20261126-000000.000-abcd",
	}
}

func promoted(t testing.TB, m Model, weights, over string) string {
	t.Helper()
	e, err := m.Promote(t.Context(), candidate(t, weights, over))
	must(t, err)
	return e.Version
}

func state(t testing.TB, m Model) State {
	t.Helper()
	s, err := m.Read(t.Context())
	must(t, err)
	return s
}

// told is what a model's state says, without what differs from run to run.
func told(t testing.TB, m Model) []string {
	t.Helper()
	s := state(t, m)
	lines := []string{"current " + s.CurrentVersion()}
	for _, e := range s.History {
		lines = append(lines, e.Event+" "+e.Version+" before "+e.Before)
	}
	return append(lines, s.Versions...)
}

func model(t testing.TB, uri string) Model {
	t.Helper()
	m, err := Open(uri)
	must(t, err)
	return m
}

// sums are the sha256 of each file in a folder.
func sums(t testing.TB, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			text, failed := os.ReadFile(path)
			all[strings.TrimPrefix(path, folder)], err = fmt.Sprintf("%x", sha256.Sum256(text)), failed
		}
		return err
	}))
	return all
}

// both runs a test on a model in a folder and on one in a bucket.
func both(t *testing.T, test func(t *testing.T, m Model)) {
	t.Run("folder", func(t *testing.T) { test(t, model(t, filepath.Join(t.TempDir(), "models", "mor"))) })
	t.Run("bucket", func(t *testing.T) { gstest.New(t); test(t, model(t, gstest.URI("models/mor"))) })
}

// A life of a model: who came after whom, what a rollback returns to, and that a decision
// counts once.
func TestVersions(t *testing.T) {
	both(t, func(t *testing.T, m Model) {
		if s := state(t, m); s.Current != nil || s.History != nil || s.Versions != nil {
			t.Fatalf("nothing is there: %+v", s)
		}
		first := promoted(t, m, "a", "")
		second := promoted(t, m, "b", first)
		third := promoted(t, m, "c", second)
		if again := promoted(t, m, "c", second); again != third {
			t.Errorf("the same decision made %s", again)
		}
		refused := candidate(t, "d", third)
		for range 2 { // a step that was killed after it noted this notes it once
			_, err := m.Refuse(t.Context(), refused)
			must(t, err)
		}
		for _, want := range []string{second, first} {
			e, err := m.Rollback(t.Context(), "", "it drifts")
			must(t, err)
			if e.Version != want || state(t, m).CurrentVersion() != want {
				t.Errorf("rolled back to %s, want %s", e.Version, want)
			}
		}
		promoted(t, m, "b", first) // a decision that was rolled back: it counted
		if now := state(t, m).CurrentVersion(); now != first {
			t.Errorf("the rollback was taken back to %s", now)
		}
		if _, err := m.Rollback(t.Context(), "", "further"); exit.Of(err) != exit.Usage {
			t.Errorf("a rollback before the first: %v", err)
		}
		_, err := m.Rollback(t.Context(), "3", "by number")
		must(t, err)
		want := []string{
			"current " + third, "promoted " + first + " before ", "promoted " + second + " before " + first, "promoted " + third + " before " + second, "refused  before " + third,
			"rolled back " + second + " before " + third, "rolled back " + first + " before " + second, "rolled back " + third + " before " + first, first, second, third,
		}
		if diff := cmp.Diff(want, told(t, m)); diff != "" {
			t.Error(diff)
		}
		e := state(t, m).History[0]
		if !strings.Contains(e.By, "@") || e.Run == "" || e.Why != "better" || e.Time.IsZero() || len(e.Decision) != 64 || len(e.Adapters["mor"]) != 64 {
			t.Errorf("%+v", e)
		}
	})
}

// What is promoted is, byte for byte, what was trained, and a rollback finds it as it was.
func TestRollbackRestoresTheBytes(t *testing.T) {
	m := model(t, filepath.Join(t.TempDir(), "mor"))
	trained := candidate(t, "a", "")
	first, err := m.Promote(t.Context(), trained)
	must(t, err)
	place := filepath.Join(m.URI(), "versions", first.Version)
	before := sums(t, place)
	for name, sum := range sums(t, trained.Adapters["mor"].URI()) {
		if before["/adapters/mor"+name] != sum {
			t.Errorf("%s is not what was trained", name)
		}
	}
	if len(before) != 7 { // manifest, decision, card, and the adapter's three with its manifest
		t.Errorf("%d files: %v", len(before), before)
	}
	promoted(t, m, "b", first.Version)
	_, err = m.Rollback(t.Context(), "", "worse at night")
	must(t, err)
	if diff := cmp.Diff(before, sums(t, place)); diff != "" || state(t, m).CurrentVersion() != first.Version {
		t.Error(diff)
	}
	d, err := m.Version(t.Context(), state(t, m), first.Version)
	must(t, err)
	must(t, d.Verify(t.Context()))
	a, err := Adapter(t.Context(), d, "mor")
	must(t, err)
	if a.Manifest.Digest() != trained.Adapters["mor"].Manifest.Digest() {
		t.Error("the adapter has another digest")
	}
	must(t, filepath.WalkDir(m.URI(), func(path string, entry fs.DirEntry, err error) error {
		info, failed := entry.Info()
		if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[entry.IsDir()]; failed == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return errors.Join(err, failed)
	}))
}

func TestRefusals(t *testing.T) {
	both(t, func(t *testing.T, m Model) {
		if _, err := m.Rollback(t.Context(), "", "none"); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "no current version") {
			t.Error(err)
		}
		first := promoted(t, m, "a", "")
		second := promoted(t, m, "b", first)
		for name, c := range map[string]struct {
			change func(c *Candidate)
			code   exit.Code
			says   string
		}{
			"over another":    {func(c *Candidate) { c.Over, c.Decision = first, []byte("x") }, exit.Retry, "somebody promoted or rolled back meanwhile"},
			"a task is lost":  {func(c *Candidate) { c.Adapters = map[string]*dataset.Dataset{"los": c.Adapters["mor"]} }, exit.Usage, "has an adapter for mor"},
			"no reason":       {func(c *Candidate) { c.Why = "" }, exit.Usage, "one line"},
			"a reason of two": {func(c *Candidate) { c.Why = "one\ntwo" }, exit.Usage, "one line"},
		} {
			candidate := candidate(t, "c", second)
			c.change(&candidate)
			if _, err := m.Promote(t.Context(), candidate); exit.Of(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
		by := candidate(t, "b", second)
		by.Decision = nil
		if _, err := m.Promote(t.Context(), by); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "is the current version") {
			t.Errorf("the same by hand: %v", err)
		}
		for version, says := range map[string]string{"7": "has no version 7", second: "is the current version"} {
			if _, err := m.Rollback(t.Context(), version, "why"); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), says) {
				t.Errorf("rollback to %s: %v", version, err)
			}
		}
		weights := "versions/" + first + "/adapters/mor/adapter_model.safetensors"
		f, err := m.dir.Create(t.Context(), weights)
		must(t, err)
		must(t, f.Commit())
		if _, err := m.Rollback(t.Context(), "", "why"); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("a damaged version: %v", err)
		}
		if now := state(t, m).CurrentVersion(); now != second {
			t.Errorf("current is %s", now)
		}
		f, err = m.dir.Create(t.Context(), CurrentName)
		must(t, err)
		must(t, f.Commit())
		if _, err := m.Read(t.Context()); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), CurrentName+": it is damaged") {
			t.Errorf("a damaged current.json: %v", err)
		}
	})
}

// Of those who promote over the same version at once one does; the others are told to
// compare again. So it is the next time.
func TestRacingPromotions(t *testing.T) {
	both(t, func(t *testing.T, m Model) {
		over := ""
		for round := range 3 {
			var wait sync.WaitGroup
			entries, faults := make([]Entry, 4), make([]error, 4)
			for i := range entries {
				c := candidate(t, fmt.Sprint(round, i), over)
				wait.Go(func() { entries[i], faults[i] = m.Promote(t.Context(), c) })
			}
			wait.Wait()
			winner := ""
			for i, err := range faults {
				switch {
				case err == nil && winner == "":
					winner = entries[i].Version
				case exit.Of(err) != exit.Retry:
					t.Errorf("round %d: promotion %d: %v after %q", round, i, err, winner)
				}
			}
			s := state(t, m)
			if winner == "" || s.CurrentVersion() != winner || len(s.History) != round+1 || len(s.Versions) != round+1 || s.History[round].Before != over {
				t.Errorf("round %d: %s won, over %s: %v", round, winner, over, told(t, m))
			}
			over = winner
		}
	})
}

// A lock that is lost does not give two winners: the swap itself lets one through.
func TestSwapHasOneWinner(t *testing.T) {
	gstest.New(t)
	m := model(t, gstest.URI("models/mor"))
	first := promoted(t, m, "a", "")
	s := state(t, m)
	e, err := newEntry(RolledBack, "slow", "")
	must(t, err)
	e.Version = first
	promoted(t, m, "b", first)
	if err := m.move(t.Context(), &s, e); exit.Of(err) != exit.Retry {
		t.Errorf("a swap of what is no longer there: %v", err)
	}
	if h := state(t, m).History; len(h) != 2 || h[1].Event != Promoted {
		t.Errorf("%+v", h)
	}
}

// What is read is an entry, whole, or refused without being quoted.
func FuzzEntry(f *testing.F) {
	f.Add([]byte(`{"id": "A", "time": "2026-11-26T00:00:00Z", "event": "promoted", "version": "0001-a", "by": "a@b", "why": "better"}`))
	f.Add([]byte(`{"id": "A", "event": "refused", "version": "0001-a"}`))
	f.Add([]byte(`{"id": "A", "event": "sold"}`))
	f.Add([]byte(`{"id": `))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := parseEntry(text)
		switch {
		case err != nil && (exit.Of(err) != exit.BadData || err.Error() != "it is damaged: no entry of a registry of models"):
			t.Error(err)
		case err == nil && (e.ID == "" || (e.Version == "") != (e.Event == Refused)):
			t.Errorf("%+v", e)
		}
	})
}
