package label_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// medsColumn is what the Python package meds says of a column of its label schema
// (oracle/table_formats.py --schema).
type medsColumn struct {
	Type     string
	Optional bool
	Nullable bool
}

func medsSchema(t *testing.T) map[string]medsColumn {
	t.Helper()
	text, err := os.ReadFile("testdata/meds_label_schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Columns map[string]medsColumn }
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	return golden.Columns
}

// ofEachTask are, for each task, rows that it keeps and rows that it does not.
func ofEachTask() tables {
	s := tables{admissions: stayed(10, 11, 20, 30, 40, 50)}
	for i := range s.admissions {
		a := &s.admissions[i]
		a.Dischtime = a.Admittime + dataset.Time(3*i)*day
		s.icustays = append(s.icustays, mimic.ICUStay{SubjectID: a.SubjectID, HadmID: a.HadmID, StayID: a.HadmID, Intime: a.Admittime})
		s.ventilation = append(s.ventilation, mimic.Ventilation{
			SubjectID: a.SubjectID, HadmID: a.HadmID, StayID: a.HadmID, Kind: mimic.InvasiveVentilation, Starttime: a.Admittime, Endtime: a.Dischtime,
		})
		s.diagnoses = append(s.diagnoses, code(a.HadmID, 9, "E8889"), code(a.HadmID, 10, "I10"), code(a.HadmID, 9, []string{"0389", "4280"}[i%2]))
		s.procedures = append(s.procedures, code(a.HadmID, 9, "0331"), code(a.HadmID, 10, []string{"02100Z9", "5A1955Z"}[i%2]))
	}
	s.admissions[1].HospitalExpireFlag = 1
	return s
}

// Every part of every task's table, one without rows too, has the columns that meds
// demands, of the others the one that the task has values for, all of meds' types
// and none that may be null.
func TestLabelsHaveTheMEDSSchema(t *testing.T) {
	meds := medsSchema(t)
	const parts = 8
	in := ofEachTask().inputs(t, parts)
	coded := func(task string) stages.Inputs {
		return with(in, stagetest.Run(t, "label.set", "{min_count: 1, task: "+task+"}", split(t, "{}", in)))
	}
	for stage, c := range map[string]struct {
		in    stages.Inputs
		value string
	}{
		"label.mortality":      {in, "boolean_value"},
		"label.ventilation":    {in, "boolean_value"},
		"label.length_of_stay": {in, "integer_value"},
		"label.diagnoses":      {coded("diag"), "categorical_value"},
		"label.procedures":     {coded("proc"), "categorical_value"},
	} {
		d := stagetest.Run(t, stage, "{}", c.in)
		want := map[string]medsColumn{}
		for name, column := range meds {
			if !column.Optional || name == c.value {
				want[name] = column
			}
		}
		empty := 0
		for part, info := range d.Manifest.Tables[task.TableMEDS] {
			path := filepath.Join(d.URI(), task.TableMEDS, fmt.Sprintf("part-%05d-of-%05d.parquet", part, parts))
			got := columnsOf(t, path)
			for name := range got {
				column := got[name]
				column.Optional = meds[name].Optional
				got[name] = column
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: part %d: %s", stage, part, diff)
			}
			names, err := dataset.ColumnNames(t.Context(), d, task.TableMEDS, part)
			if err != nil || !slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(maps.Keys(want))) {
				t.Errorf("%s: part %d: columns %v, %v", stage, part, names, err)
			}
			if info.Rows == 0 {
				empty++
			}
		}
		if empty == 0 || empty == parts {
			t.Errorf("%s: %d of %d parts are empty: the test would see too little", stage, empty, parts)
		}
	}
}

// columnsOf are the columns of a Parquet file by the names that Arrow gives their
// types.
func columnsOf(t *testing.T, path string) map[string]medsColumn {
	t.Helper()
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	columns := map[string]medsColumn{}
	root := f.MetaData().Schema.Root()
	for i := range root.NumFields() {
		node := root.Field(i).(*schema.PrimitiveNode)
		columns[node.Name()] = medsColumn{Type: arrowType(node), Nullable: node.RepetitionType() != parquet.Repetitions.Required}
	}
	return columns
}

func arrowType(node *schema.PrimitiveNode) string {
	switch logical := node.LogicalType().(type) {
	case schema.StringLogicalType:
		return "string"
	case schema.TimestampLogicalType:
		if !logical.IsAdjustedToUTC() && logical.TimeUnit() == schema.TimeUnitMicros {
			return "timestamp[us]"
		}
	case schema.IntLogicalType:
		if logical.IsSigned() {
			return fmt.Sprintf("int%d", logical.BitWidth())
		}
	}
	return map[parquet.Type]string{parquet.Types.Boolean: "bool", parquet.Types.Float: "float"}[node.PhysicalType()]
}

// A label that MEDS has no time for is a label all the same.
func TestLabelsWithoutAPredictionTime(t *testing.T) {
	in := tables{admissions: []mimic.Admission{{SubjectID: 1, HadmID: 10}, {SubjectID: 1, HadmID: 11, Admittime: admit}}}.inputs(t, 1)
	d := stagetest.Run(t, "label.mortality", "{}", in)
	wantCounts(t, d, map[string]int64{"kept": 2, "meds_without_prediction_time": 1})
	if diff := cmp.Diff([]task.MEDSLabel{{SubjectID: 1, PredictionTime: admit}}, medsOf(t, d)); diff != "" {
		t.Error(diff)
	}
}
