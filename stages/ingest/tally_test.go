package ingest

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// The headers of admissions that tell versions apart.
const (
	headerIII    = "ROW_ID,SUBJECT_ID,HADM_ID,ETHNICITY,HOSPITAL_EXPIRE_FLAG,HAS_CHARTEVENTS_DATA\n"
	headerIII13  = "ROW_ID,SUBJECT_ID,HADM_ID,ETHNICITY,HOSPITAL_EXPIRE_FLAG,HAS_IOEVENTS_DATA,HAS_CHARTEVENTS_DATA\n"
	headerIV1    = "subject_id,hadm_id,ethnicity,hospital_expire_flag\n"
	headerIV2    = "subject_id,hadm_id,race,hospital_expire_flag\n"
	headerIVThen = "subject_id,hadm_id,admit_provider_id,race,hospital_expire_flag\n"
)

// rowsOfRelease are the counts that the files of a release give, with changes.
func rowsOfRelease(t *testing.T, known []release, version string, changed map[string]int64) map[string]int64 {
	t.Helper()
	for _, r := range known {
		if r.version == version {
			rows := maps.Clone(r.rows)
			maps.Copy(rows, changed)
			return rows
		}
	}
	t.Fatalf("no release %s", version)
	return nil
}

func TestReleases(t *testing.T) {
	iv := func(version string, changed map[string]int64) map[string]int64 {
		return rowsOfRelease(t, mimicIVReleases, version, changed)
	}
	iii := func(version string, changed map[string]int64) map[string]int64 {
		return rowsOfRelease(t, mimicIIIReleases, version, changed)
	}
	notes := map[string]int64{"discharge": 331793, "radiology": 2321355}
	for name, c := range map[string]struct {
		database database
		header   string
		rows     map[string]int64
		want     mimic.Release
		told     []string
	}{
		"MIMIC-IV 1.0": {mimicIV, headerIV1, iv("1.0", nil), mimic.Release{Version: "1.0"}, nil},
		"MIMIC-IV 2.0": {mimicIV, headerIV2, iv("2.0", nil), mimic.Release{Version: "2.0"}, nil},
		"MIMIC-IV 2.1": {mimicIV, headerIV2, iv("2.1", nil), mimic.Release{Version: "2.1"}, nil},
		"MIMIC-IV 2.2": {mimicIV, headerIVThen, iv("2.2", notes), mimic.Release{Version: "2.2", Notes: "2.2"}, nil},
		"3.1 with the notes of 2.2": {mimicIV, headerIVThen, iv("3.0 or 3.1", notes), mimic.Release{Version: "3.0 or 3.1", Notes: "2.2", Mixed: true},
			[]string{"tables are those of MIMIC-IV 3.0 or 3.1 and the notes those of MIMIC-IV-Note 2.2: at least 214235 admissions have no discharge summary"}},
		"a file that was cut": {mimicIV, headerIVThen, iv("2.2", map[string]int64{"diagnoses_icd": 7}), mimic.Release{Version: "2.2"},
			[]string{"hosp/diagnoses_icd.csv.gz has 7 rows, that of MIMIC-IV 2.2 has 4756326"}},
		"one file of the notes was cut": {mimicIV, headerIVThen, iv("2.2", map[string]int64{"discharge": 331793, "radiology": 9}), mimic.Release{Version: "2.2", Notes: "2.2"},
			[]string{"note/radiology.csv.gz has 9 rows, that of MIMIC-IV 2.2 has 2321355"}},
		"the columns of another release": {mimicIV, headerIV1, iv("2.2", nil), mimic.Release{}, nil},
		"a cohort":                       {mimicIV, headerIVThen, iv("2.2", map[string]int64{"patients": 90, "admissions": 200, "diagnoses_icd": 7, "procedures_icd": 8}), mimic.Release{}, nil},
		"MIMIC-III 1.4":                  {mimicIII, headerIII, iii("1.4", nil), mimic.Release{Version: "1.4"}, nil},
		"MIMIC-III 1.3":                  {mimicIII, headerIII13, iii("1.4", nil), mimic.Release{}, nil},
		"notes of MIMIC-III that were cut": {mimicIII, headerIII, iii("1.4", map[string]int64{"noteevents": 5}), mimic.Release{Version: "1.4"},
			[]string{"NOTEEVENTS.csv.gz has 5 rows, that of MIMIC-III 1.4 has 2083180"}},
		"notes of one's own with the demo": {mimicIII, headerIII, iii("demo 1.4", map[string]int64{"noteevents": 399}), mimic.Release{Version: "demo 1.4"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, told := tallied(t, c.database, c.header, c.rows)
			c.want.Database, c.want.ChartEvents = c.database.name, true
			if got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			for _, text := range c.told {
				if !strings.Contains(told, text) {
					t.Errorf("%q is not told in %s", text, told)
				}
			}
			if c.told == nil && strings.Contains(told, `"warn"`) {
				t.Errorf("a warning: %s", told)
			}
		})
	}
}

// tallied is what a source says of files that are as long as given.
func tallied(t *testing.T, d database, header string, rows map[string]int64) (r mimic.Release, told string) {
	t.Helper()
	root, files := t.TempDir(), map[string]map[string]int64{}
	for _, table := range d.tables {
		p := table.place()
		name := p.files[0] + ".csv.gz"
		files[name] = map[string]int64{"read": rows[p.name()]}
		text := "" // gzip of nothing is not looked into
		if p.table == mimic.TableAdmissions {
			text, name = header, p.files[0]+".csv"
		}
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	env := stages.Default.With(func(s *stages.Settings) { s.Log = zerolog.New(&log) })
	source := newSource(env, d, Config{Notes: true, ChartEvents: true}, root, "")
	attributes, err := source.Tally(t.Context(), nil, files)
	if err != nil {
		t.Fatal(err)
	}
	return attributes[mimic.AttributeRelease].(mimic.Release), log.String()
}
