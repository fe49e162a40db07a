package ingest

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// The tables of MIMIC-IV's icu module: https://mimic.mit.edu/docs/iv/modules/icu/

var icustays = table[mimic.ICUStay]{
	files: []string{"icu/icustays"}, name: mimic.TableICUStays,
	columns: stayColumns("stay_id"),
	origin:  stayOrigin,
	unique:  stayID,
}

func stayOrigin(r *mimic.ICUStay) *mimic.Origin { return &r.Origin }

func stayID(r *mimic.ICUStay) uint64 { return uint64(r.StayID) }

// stayColumns are common to both databases but for the name of the id.
func stayColumns(idName string) []column[mimic.ICUStay] {
	return append([]column[mimic.ICUStay]{
		id("subject_id", func(r *mimic.ICUStay) *int64 { return &r.SubjectID }),
		id("hadm_id", func(r *mimic.ICUStay) *int64 { return &r.HadmID }),
		id(idName, func(r *mimic.ICUStay) *int64 { return &r.StayID }),
		text("first_careunit", func(r *mimic.ICUStay) *string { return &r.FirstCareunit }),
		moment("intime", func(r *mimic.ICUStay) *dataset.Time { return &r.Intime }),
		moment("outtime", func(r *mimic.ICUStay) *dataset.Time { return &r.Outtime }),
	}, ifThere(text("last_careunit", func(r *mimic.ICUStay) *string { return &r.LastCareunit }))...)
}

// ventilationItems are the items of procedureevents, and of MIMIC-III's
// PROCEDUREEVENTS_MV, that concern mechanical ventilation (d_items).
var ventilationItems = map[int64]string{
	225792: mimic.InvasiveVentilation,
	225794: mimic.NonInvasiveVentilation,
	224385: mimic.Intubation,
	227194: mimic.Extubation,
	225468: mimic.UnplannedExtubationPatient,
	225477: mimic.UnplannedExtubationOther,
}

var ventilationEvents = table[mimic.Ventilation]{
	files: []string{"icu/procedureevents"}, name: mimic.TableVentilation,
	columns: ventilationColumns(id("stay_id", ventilationStay)),
	origin:  ventilationOrigin,
}

func ventilationOrigin(r *mimic.Ventilation) *mimic.Origin { return &r.Origin }

func ventilationStay(r *mimic.Ventilation) *int64 { return &r.StayID }

// ventilationColumns begin with the item: most rows are of others, and what else
// stands in those is of no concern.
func ventilationColumns(stay column[mimic.Ventilation]) []column[mimic.Ventilation] {
	return []column[mimic.Ventilation]{
		item("itemid", func(r *mimic.Ventilation) *string { return &r.Kind }, ventilationItems),
		id("subject_id", func(r *mimic.Ventilation) *int64 { return &r.SubjectID }),
		id("hadm_id", func(r *mimic.Ventilation) *int64 { return &r.HadmID }),
		stay,
		moment("starttime", func(r *mimic.Ventilation) *dataset.Time { return &r.Starttime }),
		moment("endtime", func(r *mimic.Ventilation) *dataset.Time { return &r.Endtime }),
	}
}
