package ventilation

import "github.com/clinflow/clinflow/mimic"

// Blanks at the end are part of the values of both databases.

// extubations are the kinds of rows of procedureevents_mv that end a ventilation.
var extubations = map[string]flags{
	mimic.Extubation:                 {extubated: true},
	mimic.UnplannedExtubationPatient: {extubated: true, bySelf: true},
	mimic.UnplannedExtubationOther:   {extubated: true},
}

// with are the flags and those of one more row of the same moment.
func (f flags) with(item int64, value string) flags {
	switch item {
	case iiiModeCareVue:
		f.ventilated = f.ventilated || value != "Other/Remarks"
	case iiiType:
		f.ventilated = f.ventilated || value != "Other"
	case iiiDeviceCareVue:
		f.ventilated = f.ventilated || value == "Ventilator"
		f.oxygen = f.oxygen || oxygenCareVue[value]
	case iiiDeviceMetaVision:
		f.oxygen = f.oxygen || oxygenMetaVision[value]
	case iiiExtubated:
		f.extubated = f.extubated || value == "Extubated" || value == "Self Extubation"
		f.bySelf = f.bySelf || value == "Self Extubation"
	default:
		f.ventilated = f.ventilated || settingsIII[item]
	}
	return f
}

// The devices of oxygen therapy without a ventilator. That none is given (None) ends
// nothing: https://github.com/MIT-LCP/mimic-code/issues/463
var (
	oxygenCareVue = setOf("Cannula", "Nasal Cannula", "Face Tent", "Aerosol-Cool", "Trach Mask", "Hi Flow Neb",
		"Non-Rebreather", "Venti Mask", "Medium Conc Mask", "Vapotherm", "T-Piece", "Hood", "Hut", "TranstrachealCat",
		"Heated Neb", "Ultrasonic Neb")
	oxygenMetaVision = setOf("Nasal cannula", "Face tent", "Aerosol-cool", "Trach mask ", "High flow neb",
		"Non-rebreather", "Venti mask ", "Medium conc mask ", "T-piece", "High flow nasal cannula", "Ultrasonic neb",
		"Vapomist")
)

// What devices and modes mean in MIMIC-IV. A T-piece may be of either of the first two,
// and is of none.
var (
	tracheostomies = setOf("Tracheostomy tube", "Trach mask ")
	tubes          = setOf("Endotracheal tube")
	masks          = setOf("Bipap mask ", "CPAP mask ")
	highFlow       = setOf("High flow nasal cannula")
	supplemental   = setOf("Non-rebreather", "Face tent", "Aerosol-cool", "Venti mask ", "Medium conc mask ",
		"Ultrasonic neb", "Vapomist", "Oxymizer", "High flow neb", "Nasal cannula")
	noDevice = setOf("None")

	invasiveModes = setOf("(S) CMV", "APRV", "APRV/Biphasic+ApnPress", "APRV/Biphasic+ApnVol", "APV (cmv)", "Ambient",
		"Apnea Ventilation", "CMV", "CMV/ASSIST", "CMV/ASSIST/AutoFlow", "CMV/AutoFlow", "CPAP/PPS", "CPAP/PSV",
		"CPAP/PSV+Apn TCPL", "CPAP/PSV+ApnPres", "CPAP/PSV+ApnVol", "MMV", "MMV/AutoFlow", "MMV/PSV",
		"MMV/PSV/AutoFlow", "P-CMV", "PCV+", "PCV+/PSV", "PCV+Assist", "PRES/AC", "PRVC/AC", "PRVC/SIMV", "PSV/SBT",
		"SIMV", "SIMV/AutoFlow", "SIMV/PRES", "SIMV/PSV", "SIMV/PSV/AutoFlow", "SIMV/VOL", "SYNCHRON MASTER",
		"SYNCHRON SLAVE", "VOL/AC")
	invasiveHamilton = setOf("APRV", "APV (cmv)", "Ambient", "(S) CMV", "P-CMV", "SIMV", "APV (simv)", "P-SIMV", "VS", "ASV")
	maskHamilton     = setOf("DuoPaP", "NIV", "NIV-ST")
)
