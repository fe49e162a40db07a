package runners

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/stages"
)

// The test binary is two programs: one that knows the first version of table
// column_visits, and with newColumn set one that knows the second, which has a column
// more. Table column_people is the same in both.
const (
	newColumn = "CLINFLOW_TEST_NEW_COLUMN"
	columnOut = "CLINFLOW_TEST_COLUMN_OUT" // where the program runs the DAG, and leaves ran.json
)

type person struct {
	SubjectID int64 `parquet:"subject_id"`
}

type visit struct {
	SubjectID int64 `parquet:"subject_id"`
	HadmID    int64 `parquet:"hadm_id"`
}

type visitWithWard struct {
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id"`
	Ward      string `parquet:"ward"`
}

func init() {
	dataset.RegisterTable[person]("column_people", 1)
	dataset.RegisterTable[person]("column_tokens", 1)
	dataset.RegisterTable[person]("column_labels", 1)
	if os.Getenv(newColumn) == "" {
		dataset.RegisterTable[visit]("column_visits", 1)
	} else {
		dataset.RegisterTable[visitWithWard]("column_visits", 2)
	}
}

// ingest makes both tables, each patient's rows in one part.
type ingest struct{ file string }

func (ingest) Parts() int { return 2 }

func (i ingest) Files(context.Context, stages.Inputs) ([]stages.RawFile, error) {
	return []stages.RawFile{{Table: "column_people", Name: "raw", URI: i.file}}, nil
}

func byPerson(a, b person) int             { return cmp.Compare(a.SubjectID, b.SubjectID) }
func byVisit(a, b visit) int               { return cmp.Compare(a.SubjectID, b.SubjectID) }
func byVisitOrWard(a, b visitWithWard) int { return cmp.Compare(a.SubjectID, b.SubjectID) }

func withWard() bool { return os.Getenv(newColumn) != "" }

func (ingest) Scan(_ context.Context, _ stages.RawFile, spill *extsort.Spill) error {
	for subject := int64(4); subject > 0; subject-- {
		part := int(subject) % spill.Parts()
		if err := extsort.Add(spill, "column_people", part, person{subject}, byPerson); err != nil {
			return err
		}
		var err error
		if withWard() {
			err = extsort.Add(spill, "column_visits", part, visitWithWard{subject, 100 + subject, "surgery"}, byVisitOrWard)
		} else {
			err = extsort.Add(spill, "column_visits", part, visit{subject, 100 + subject}, byVisit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (ingest) Merge(ctx context.Context, _ int, runs []extsort.Run, out *dataset.PartWriter) error {
	if err := dataset.MergeRuns(ctx, runs, "column_people", byPerson, out); err != nil {
		return err
	}
	if withWard() {
		return dataset.MergeRuns(ctx, runs, "column_visits", byVisitOrWard, out)
	}
	return dataset.MergeRuns(ctx, runs, "column_visits", byVisit, out)
}

// copyColumn is a map stage that reads the subject_id of one table into another.
type copyColumn struct{ from, to string }

func (c copyColumn) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	rows, err := dataset.Rows[person](out, c.to)
	if err != nil {
		return err
	}
	for row, err := range dataset.Read[person](ctx, in.One("patients"), c.from, part) {
		if err != nil {
			return err
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// learn is a training of tokens.
type learn struct{}

func (learn) Run(_ context.Context, _ stages.Inputs, out *dataset.Writer) error {
	return out.WriteFile("adapter", []byte("days of work"))
}

func columnStages(raw string) *stages.Environment {
	reads := func(table string) []stages.Port {
		return []stages.Port{{Name: "patients", Kind: "patients", Tables: []string{table}, Sharded: true, Doc: "x."}}
	}
	spec := func(name string, in []stages.Port, kind string, tables ...string) stages.Spec {
		return stages.Spec{Name: name, Version: 1, Doc: "x.", In: in, Out: stages.Output{Kind: kind, Tables: tables}}
	}
	return stages.NewEnvironment(
		stages.DefineSource(spec("column.ingest", nil, "patients", "column_people", "column_visits"),
			func(*stages.Environment, struct{}) (stages.Source, error) { return ingest{raw}, nil }),
		stages.DefineMap(spec("column.tokens", reads("column_people"), "column_tokens", "column_tokens"),
			func(*stages.Environment, struct{}) (stages.Map, error) {
				return copyColumn{"column_people", "column_tokens"}, nil
			}),
		stages.DefineMap(spec("column.labels", reads("column_visits"), "column_labels", "column_labels"),
			func(*stages.Environment, struct{}) (stages.Map, error) {
				return copyColumn{"column_visits", "column_labels"}, nil
			}),
		stages.DefineJob(spec("column.learn", []stages.Port{{Name: "tokens", Kind: "column_tokens", Doc: "x."}}, stages.KindAdapter),
			func(*stages.Environment, struct{}) (stages.Job, error) { return learn{}, nil }),
	)
}

const columnDAG = `name: column
steps:
  patients: {stage: column.ingest}
  tokens: {stage: column.tokens, in: {patients: patients.column_people}}
  labels: {stage: column.labels, in: {patients: patients.column_visits}}
  adapter: {stage: column.learn, in: {tokens: tokens}}
`

// runColumnDAG is what the programs do.
func runColumnDAG(out string) error {
	raw := filepath.Join(out, "raw")
	if err := os.WriteFile(raw, nil, 0o600); err != nil {
		return err
	}
	env := columnStages(raw)
	d, err := dags.Parse(env, "column.yaml", []byte(columnDAG), nil)
	if err != nil {
		return err
	}
	ran := []string{}
	o := Options{Out: filepath.Join(out, "out"), Workers: 1, Notify: func(e Event) {
		if e.Kind == StepStarted {
			ran = append(ran, e.Step)
		}
	}}
	if err := Execute(context.Background(), env, d, Beam{Runner: "direct"}, o); err != nil {
		return err
	}
	text, err := json.Marshal(ran)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "ran.json"), text, 0o600)
}

// A table that gets a column is made again, and what reads the table; the tokens of
// another table of the same dataset, and an adapter trained on them, stay.
func TestANewColumnMakesNothingElseStale(t *testing.T) {
	folder := t.TempDir()
	for _, program := range []struct {
		column string
		ran    []string
	}{
		{"", []string{"adapter", "labels", "patients", "tokens"}},
		{"", []string{}},
		{"1", []string{"labels", "patients"}},
		{"1", []string{}},
	} {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), newColumn+"="+program.column, columnOut+"="+folder)
		if text, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		text, err := os.ReadFile(filepath.Join(folder, "ran.json"))
		if err != nil {
			t.Fatal(err)
		}
		var ran []string
		if err := json.Unmarshal(text, &ran); err != nil {
			t.Fatal(err)
		}
		slices.Sort(ran)
		if !slices.Equal(ran, program.ran) {
			t.Errorf("with the column %q ran %v, want %v", program.column, ran, program.ran)
		}
	}
}
