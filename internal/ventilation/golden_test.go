package ventilation

import (
	"errors"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/mimic"
)

// rowsOf makes rows of the named columns of a file that oracle/ventilation_golden.py
// wrote.
func rowsOf[R any](t *testing.T, file string, columns []string, row func(fields []string) R) (rows []R) {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := rawcsv.NewReader(f, file, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	at, err := r.Columns(columns...)
	for rec := new(rawcsv.Record); err == nil; {
		if err = r.Read(rec); err == nil {
			rows = append(rows, row(rec.Texts(nil, at)))
		}
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return rows
}

func chartedIn(t *testing.T, file string, columns ...string) []mimic.ChartEvent {
	return rowsOf(t, file, columns, func(fields []string) mimic.ChartEvent {
		return mimic.ChartEvent{
			SubjectID: whole(t, fields[0]), StayID: whole(t, fields[1]), ItemID: whole(t, fields[2]),
			Charttime: when(t, fields[3]), Storetime: when(t, fields[4]), Value: fields[5],
			IsError: len(fields) > 6 && fields[6] == "1",
		}
	})
}

func pointsIn(t *testing.T, file string) []mimic.Ventilation {
	kinds := map[string]string{"227194": mimic.Extubation, "225468": mimic.UnplannedExtubationPatient, "225477": mimic.UnplannedExtubationOther, "224385": mimic.Intubation}
	return rowsOf(t, file, []string{"icustay_id", "itemid", "starttime"}, func(fields []string) mimic.Ventilation {
		return mimic.Ventilation{StayID: whole(t, fields[0]), Kind: kinds[fields[1]], Starttime: when(t, fields[2])}
	})
}

func episodesIn(t *testing.T, file string) []Episode {
	return rowsOf(t, file, []string{"stay_id", "starttime", "endtime", "status"}, func(fields []string) Episode {
		return Episode{whole(t, fields[0]), when(t, fields[1]), when(t, fields[2]), Status(fields[3])}
	})
}

func whole(t *testing.T, field string) int64 {
	if field == "" {
		return 0
	}
	n, err := strconv.ParseInt(field, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func when(t *testing.T, field string) dataset.Time {
	if field == "" {
		return 0
	}
	at, err := time.Parse(time.DateTime, field)
	if err != nil {
		t.Fatal(err)
	}
	return dataset.Time(at.UnixMicro())
}

// The episodes of 200 stays of each database are those of mimic-code's SQL in DuckDB.
func TestEpisodesAreThoseOfMimicCode(t *testing.T) {
	iii := chartedIn(t, "chartevents_iii.csv.gz", "subject_id", "icustay_id", "itemid", "charttime", "storetime", "value", "error")
	points := pointsIn(t, "procedureevents_iii.csv.gz")
	iv := chartedIn(t, "chartevents_iv.csv.gz", "subject_id", "stay_id", "itemid", "charttime", "storetime", "value")
	for file, got := range map[string][]Episode{
		"episodes_iii.csv.gz":             MIMICIII(charted(mimic.MIMICIII, iii), points),
		"episodes_iv.csv.gz":              MIMICIV(charted(mimic.MIMICIV, iv), false),
		"episodes_iv_lone_devices.csv.gz": MIMICIV(charted(mimic.MIMICIV, iv), true),
	} {
		if diff := cmp.Diff(episodesIn(t, file), got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

// charted are the rows that ingest keeps.
func charted(database string, rows []mimic.ChartEvent) (kept []mimic.ChartEvent) {
	for _, r := range rows {
		if Charted(database)[r.ItemID] {
			kept = append(kept, r)
		}
	}
	return kept
}
