package ingest

import "github.com/clinflow/clinflow/internal/shard"

// The tables of MIMIC-IV's icu module: https://mimic.mit.edu/docs/iv/modules/icu/

var icustays = table[shard.ICUStay]{
	file: "icu/icustays", name: shard.TableICUStays,
	columns: []column[shard.ICUStay]{
		id("subject_id", func(r *shard.ICUStay) *int64 { return &r.SubjectID }),
		id("hadm_id", func(r *shard.ICUStay) *int64 { return &r.HadmID }),
		id("stay_id", func(r *shard.ICUStay) *int64 { return &r.StayID }),
		text("first_careunit", func(r *shard.ICUStay) *string { return &r.FirstCareunit }),
		moment("intime", func(r *shard.ICUStay) *shard.Time { return &r.Intime }),
		moment("outtime", func(r *shard.ICUStay) *shard.Time { return &r.Outtime }),
	},
	origin: func(r *shard.ICUStay) *shard.Origin { return &r.Origin },
	unique: func(r *shard.ICUStay) uint64 { return uint64(r.StayID) },
}

// The items of procedureevents that concern mechanical ventilation (d_items).
const (
	itemInvasiveVentilation      = 225792
	itemNonInvasiveVentilation   = 225794
	itemIntubation               = 224385
	itemExtubation               = 227194
	itemUnplannedSelfExtubation  = 225468
	itemUnplannedOtherExtubation = 225477
)

// ventilation looks at the item first: most rows of procedureevents are of
// others, and what else stands in those is of no concern.
var ventilation = table[shard.Ventilation]{
	file: "icu/procedureevents", name: shard.TableVentilation,
	columns: []column[shard.Ventilation]{
		oneOf("itemid", func(r *shard.Ventilation) *int64 { return &r.ItemID },
			itemInvasiveVentilation, itemNonInvasiveVentilation, itemIntubation,
			itemExtubation, itemUnplannedSelfExtubation, itemUnplannedOtherExtubation),
		id("subject_id", func(r *shard.Ventilation) *int64 { return &r.SubjectID }),
		id("hadm_id", func(r *shard.Ventilation) *int64 { return &r.HadmID }),
		id("stay_id", func(r *shard.Ventilation) *int64 { return &r.StayID }),
		moment("starttime", func(r *shard.Ventilation) *shard.Time { return &r.Starttime }),
		moment("endtime", func(r *shard.Ventilation) *shard.Time { return &r.Endtime }),
	},
	origin: func(r *shard.Ventilation) *shard.Origin { return &r.Origin },
}
