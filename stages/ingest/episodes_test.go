package ingest_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/ventilation"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// golden is a file of internal/ventilation, by oracle/ventilation_golden.py.
func golden(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open("../../internal/ventilation/testdata/" + name + ".csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// told is a golden file of episodes.
func told(episodes []ventilation.Episode) string {
	var text strings.Builder
	text.WriteString("stay_id,starttime,endtime,status\n")
	for _, e := range episodes {
		start, end := time.UnixMicro(int64(e.Start)).UTC(), time.UnixMicro(int64(e.End)).UTC()
		fmt.Fprintf(&text, "%d,%s,%s,%s\n", e.StayID, start.Format(time.DateTime), end.Format(time.DateTime), e.Status)
	}
	return text.String()
}

// Of charts that went through files and parts the episodes are those of mimic-code still.
func TestEpisodesOfWhatWasRead(t *testing.T) {
	iii := stagetest.Run(t, "ingest.mimiciii", config(newTreeIII().
		with("CHARTEVENTS", golden(t, "chartevents_iii")).with("PROCEDUREEVENTS_MV", golden(t, "procedureevents_iii")).write(t)), nil)
	got := told(ventilation.MIMICIII(rows[mimic.ChartEvent](t, iii, mimic.TableChartEvents), rows[mimic.Ventilation](t, iii, mimic.TableVentilation)))
	if diff := cmp.Diff(golden(t, "episodes_iii"), got); diff != "" {
		t.Error(diff)
	}
	iv := rows[mimic.ChartEvent](t, stagetest.Run(t, "ingest.mimiciv", config(newTree().with("icu/chartevents", golden(t, "chartevents_iv")).write(t)), nil), mimic.TableChartEvents)
	for name, lone := range map[string]bool{"episodes_iv": false, "episodes_iv_lone_devices": true} {
		if diff := cmp.Diff(golden(t, name), told(ventilation.MIMICIV(iv, lone))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
