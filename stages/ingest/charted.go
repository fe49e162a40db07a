package ingest

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/ventilation"
	"github.com/clinflow/clinflow/mimic"
)

// chartEvents is the largest table by far, 433 million rows in MIMIC-IV 3.1. Of these
// the items are kept that ventilation is known by, also without a value: to mimic-code a
// device without a name is a device.
var chartEvents = table[mimic.ChartEvent]{
	files: []string{"icu/chartevents"}, name: mimic.TableChartEvents,
	columns: chartColumns(mimic.MIMICIV, "stay_id"),
	origin:  chartOrigin,
}

func chartOrigin(r *mimic.ChartEvent) *mimic.Origin { return &r.Origin }

// chartColumns begin with the item, as ventilationColumns do.
func chartColumns(database, stayName string) []column[mimic.ChartEvent] {
	return []column[mimic.ChartEvent]{
		itemAmong("itemid", func(r *mimic.ChartEvent) *int64 { return &r.ItemID }, ventilation.Charted(database)),
		text("value", func(r *mimic.ChartEvent) *string { return &r.Value }),
		id("subject_id", func(r *mimic.ChartEvent) *int64 { return &r.SubjectID }),
		optionalID("hadm_id", func(r *mimic.ChartEvent) *int64 { return &r.HadmID }),
		optionalID(stayName, func(r *mimic.ChartEvent) *int64 { return &r.StayID }),
		moment("charttime", func(r *mimic.ChartEvent) *dataset.Time { return &r.Charttime }),
		moment("storetime", func(r *mimic.ChartEvent) *dataset.Time { return &r.Storetime }),
	}
}
