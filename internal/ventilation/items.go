// Package ventilation finds episodes of mechanical ventilation in what was charted of a
// patient, as the concepts of MIT-LCP/mimic-code (MIT licence) do, for MIMIC-III and for MIMIC-IV.
package ventilation

import "github.com/clinflow/clinflow/mimic"

// Charted are the items of a database's chartevents that its episodes are made of; nil
// for a database that has none.
func Charted(database string) map[int64]bool {
	switch database {
	case mimic.MIMICIII:
		return chartedIII
	case mimic.MIMICIV:
		return chartedIV
	}
	return nil
}

// The items of MIMIC-III's rules that are told by their value.
const (
	iiiDeviceCareVue    = 467    // O2 delivery device
	iiiExtubated        = 640    // extubated
	iiiModeCareVue      = 720    // ventilator mode
	iiiType             = 223848 // ventilator type
	iiiDeviceMetaVision = 226732 // O2 delivery device(s)
)

// settingsIII are the items of mimic-code's ventilation_classification.sql whose rows
// mean a ventilator whatever their value is. Item 459 is named there, but its rows are
// not selected.
var settingsIII = setOf[int64](
	223849,                                       // mode
	445, 448, 449, 450, 1340, 1486, 1600, 224687, // minute volume
	639, 654, 681, 682, 683, 684, 224684, 224685, 224686, // tidal volume
	218, 436, 444, 535, 224695, 224696, 224697, 224746, 224747, // respiratory pressure
	1, 221, 1211, 1655, 2000, 224419, 224738, 224750, 226873, 227187, // inspiratory
	543,                                        // plateau pressure
	5865, 5866, 224705, 224706, 224707, 224709, // APRV pressure
	60, 437, 505, 506, 686, 220339, 224700, // PEEP
	3459,                  // high pressure relief
	501, 502, 503, 224702, // PCV
	223, 667, 668, 669, 670, 671, 672, // TCPCV
	224701, // PSV level
)

// chartedIII leaves out the flows of oxygen that the SQL selects (468 to 471, 223834,
// 227287): rows of them alone have no flag and change no episode.
var chartedIII = union(settingsIII, setOf[int64](iiiDeviceCareVue, iiiExtubated, iiiModeCareVue, iiiType, iiiDeviceMetaVision))

// The items of MIMIC-IV's rules that are told apart.
const (
	ivMode           = 223849 // ventilator mode
	ivModeHamilton   = 229314 // ventilator mode (Hamilton)
	ivFlow           = 223834 // O2 flow
	ivFlowBipap      = 227582 // bipap O2 flow, one with the O2 flow
	ivFlowAdditional = 227287 // O2 flow (additional cannula)
	ivDevice         = 226732 // O2 delivery device(s)
)

// settingsIV are the items of mimic-code's ventilator_setting.sql.
var settingsIV = setOf[int64](
	ivMode, ivModeHamilton,
	224688, 224689, 224690, // respiratory rate
	224687,                 // minute volume
	224684, 224685, 224686, // tidal volume
	224696,         // plateau pressure
	220339, 224700, // PEEP
	223835, // FiO2
	223848, // ventilator type
	224691, // flow rate
)

var flowsIV = setOf[int64](ivFlow, ivFlowBipap, ivFlowAdditional)

var chartedIV = union(settingsIV, flowsIV, setOf[int64](ivDevice))

func setOf[K comparable](items ...K) map[K]bool {
	set := map[K]bool{}
	for _, item := range items {
		set[item] = true
	}
	return set
}

func union(sets ...map[int64]bool) map[int64]bool {
	all := map[int64]bool{}
	for _, set := range sets {
		for item := range set {
			all[item] = true
		}
	}
	return all
}
