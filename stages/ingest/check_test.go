package ingest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// Notes under root that note_root stands before are told: the two may be of different
// releases.
func TestNotesInTwoPlacesAreTold(t *testing.T) {
	root, notes := newTree().write(t), newTree().write(t)
	for config, told := range map[string]bool{
		fmt.Sprintf(`{root: %q, note_root: %q}`, root, notes): true,
		fmt.Sprintf(`{root: %q, note_root: %q}`, root, root):  false,
		fmt.Sprintf(`{root: %q}`, root):                       false,
	} {
		said, faults := check(t, "ingest.mimiciv", config)
		if got := strings.Contains(said, "root has note/discharge.csv.gz too: it is not read"); len(faults) > 0 || got != told {
			t.Errorf("%s: %v, said %s", config, faults, said)
		}
	}
}

// A column that no recipe needs may be missing; that it is is told.
func TestColumnsThatMayBeMissing(t *testing.T) {
	tree := newTree()
	root := tree.with("hosp/admissions", strings.Replace(tree["hosp/admissions"], ",race,", ",rase,", 1)).write(t)
	said, faults := check(t, "ingest.mimiciv", config(root))
	if len(faults) > 0 || !strings.Contains(said, "hosp/admissions.csv.gz has no column race: what it would hold stays empty") {
		t.Errorf("%v, said %s", faults, said)
	}
	for _, a := range rows[mimic.Admission](t, stagetest.Run(t, "ingest.mimiciv", config(root), nil), mimic.TableAdmissions) {
		if a.Race != "" || a.Language == "" {
			t.Errorf("race %q, language %q", a.Race, a.Language)
		}
	}
}

// A file in a folder's place is told once.
func TestAFileInPlaceOfTheFolder(t *testing.T) {
	root := newTree().write(t) + "/hosp/admissions.csv.gz"
	_, faults := check(t, "ingest.mimiciv", config(root))
	if want := root + " is a file; name the folder that it lies in"; len(faults) != 1 || faults[0].Err.Error() != want {
		t.Errorf("%v, want %s", faults, want)
	}
}

// A step that makes files of the other database, or without chartevents, is refused
// before it runs.
func TestFilesOfAnotherStep(t *testing.T) {
	for _, c := range []struct{ by, stage, config, says string }{
		{"synth.mimiciv", "ingest.mimiciv", "{}", ""},
		{"synth.mimiciii", "ingest.mimiciii", "{chartevents: true}", ""},
		{"synth.mimiciii", "ingest.mimiciv", "{}", "in.mimic: step tree makes files of mimiciii; read them with ingest.mimiciii"},
		{"synth.mimiciv", "ingest.mimiciv", "{chartevents: true}", "chartevents: step tree makes no chartevents; leave it out"},
	} {
		tree := &stages.Giver{Step: "tree", Built: built(t, stages.Default, c.by, "{}")}
		var told []string
		for _, f := range built(t, stages.Default, c.stage, c.config).(stages.Checked).Check(t.Context(), stages.Givers{"mimic": {tree}}) {
			told = append(told, f.Key+": "+f.Err.Error())
		}
		if got := strings.Join(told, "\n"); got != c.says {
			t.Errorf("%s of %s: %q, want %q", c.stage, c.by, got, c.says)
		}
	}
}

// check asks a stage what it will not be able to work with, and returns what it said
// meanwhile too.
func check(t *testing.T, name, config string) (said string, faults []stages.Fault) {
	t.Helper()
	var log bytes.Buffer
	env := stages.Default.With(func(s *stages.Settings) { s.Log = zerolog.New(&log) })
	faults = built(t, env, name, config).(stages.Checked).Check(t.Context(), stages.Givers{})
	return log.String(), faults
}

func built(t *testing.T, env *stages.Environment, name, config string) any {
	t.Helper()
	spec, _ := env.Lookup(name)
	stage, err := spec.Build(env, stagetest.Resolve(t, spec.Config(), config))
	if err != nil {
		t.Fatal(err)
	}
	return stage
}

// What was read of the demos is compared with the numbers of rows that they are known by.
func TestDemos(t *testing.T) {
	for stage, c := range map[string]struct {
		root    string
		release mimic.Release
		told    []string
	}{
		"ingest.mimiciv": {"mimiciv-demo-2.2", mimic.Release{Database: mimic.MIMICIV, Version: "demo 2.2"},
			[]string{"hosp/admissions.csv.gz               275         275           0", "icu/procedureevents.csv.gz          1468        1468           0"}},
		"ingest.mimiciii": {"mimiciii-demo-1.4", mimic.Release{Database: mimic.MIMICIII, Version: "demo 1.4"},
			[]string{"ADMISSIONS.csv.gz                    129         129           0", "DIAGNOSES_ICD.csv.gz                1761        1761           0"}},
	} {
		var log bytes.Buffer
		env := stages.Default.With(func(s *stages.Settings) { s.Log = zerolog.New(&log) })
		d := stagetest.RunIn(t, env, stage, fmt.Sprintf("{root: ../label/testdata/%s, notes: false, shards: 3}", c.root), nil)
		if got := mimic.ReleaseOf(d); got != c.release || d.Manifest.Counts["quarantined"] != 0 {
			t.Errorf("%s: %+v, counts %v", stage, got, d.Manifest.Counts)
		}
		for _, line := range c.told {
			if !strings.Contains(log.String(), line) {
				t.Errorf("%q is not told in %s", line, log.String())
			}
		}
		if strings.Contains(log.String(), "warn") {
			t.Error(log.String())
		}
	}
}
