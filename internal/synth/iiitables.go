package synth

import (
	"cmp"
	"slices"
)

// records numbers the records of a patient. ROW_ID is not the order of a table, as
// it is not in all of MIMIC-III's.
type records struct {
	tables  *[tableCount]rows
	patient int64
	begun   [tableCount]int64
}

// rowsOfPatient is how many records of a table a patient's ROW_IDs have room for.
const rowsOfPatient = 1 << 14

func recordsOf(p *patient, t *[tableCount]rows) records {
	return records{tables: t, patient: p.number}
}

// begin begins a record of a table by its ROW_ID.
func (r *records) begin(of table) *rows {
	r.begun[of]++
	return r.tables[of].num((r.patient+1)*rowsOfPatient - r.begun[of])
}

// What MIMIC-III calls what MIMIC-IV calls otherwise. The rest is the same in both.
var iiiNames = map[string]string{
	"EW EMER.": "EMERGENCY", "DIRECT EMER.": "EMERGENCY", "EU OBSERVATION": "EMERGENCY", "DIRECT OBSERVATION": "EMERGENCY",
	"OBSERVATION ADMIT": "EMERGENCY", "AMBULATORY OBSERVATION": "ELECTIVE", "SURGICAL SAME DAY ADMISSION": "ELECTIVE",
	"EMERGENCY ROOM": "EMERGENCY ROOM ADMIT", "PHYSICIAN REFERRAL": "PHYS REFERRAL/NORMAL DELI", "CLINIC REFERRAL": "CLINIC REFERRAL/PREMATURE",
	"TRANSFER FROM HOSPITAL": "TRANSFER FROM HOSP/EXTRAM", "TRANSFER FROM SKILLED NURSING FACILITY": "TRANSFER FROM SKILLED NUR",
	"INFORMATION NOT AVAILABLE": "** INFO NOT AVAILABLE **", "WALK-IN/SELF REFERRAL": "HMO REFERRAL/SICK",
	"": "HOME", "AGAINST ADVICE": "LEFT AGAINST MEDICAL ADVI", "SKILLED NURSING FACILITY": "SNF", "REHAB": "REHAB/DISTINCT PART HOSP",
	"CHRONIC/LONG TERM ACUTE CARE": "LONG TERM CARE HOSPITAL", "HOSPICE": "HOSPICE-HOME", "ACUTE HOSPITAL": "SHORT TERM HOSPITAL", "DIED": "DEAD/EXPIRED",
}

func iiiName(name string) string { return cmp.Or(iiiNames[name], name) }

// iiiFacilities are the discharge locations of a facility.
var iiiFacilities = []string{"SNF", "REHAB/DISTINCT PART HOSP", "LONG TERM CARE HOSPITAL", "SHORT TERM HOSPITAL", "HOSPICE-HOME"}

// writeIII writes a patient's records of all tables but the notes.
func writeIII(p *patient, t *[tableCount]rows) {
	r := recordsOf(p, t)
	inHospital := clock(0)
	for i := range p.admissions {
		inHospital = cmp.Or(inHospital, p.admissions[i].death.midnight())
	}
	r.begin(iiiPatients).num(p.subjectID).text(genderOf(p.factors)).time(p.dob).
		time(p.dod).time(inHospital).time(p.dod).text(zeroOne(p.dod != 0)).end()
	for i := range p.admissions {
		p.admissions[i].writeIII(p, &r)
	}
}

func zeroOne(yes bool) string { return map[bool]string{false: "0", true: "1"}[yes] }

func (a *admission) writeIII(p *patient, r *records) {
	died := zeroOne(a.factors[outcome] == 2)
	if a.flagUnknown {
		died = ""
	}
	r.begin(iiiAdmissions).num(p.subjectID).num(a.hadmID).time(a.admit).time(a.discharge).time(a.death).
		text(iiiName(a.kind)).text(iiiName(a.origin)).text(iiiName(a.destination)).text(a.insurance).
		text(map[string]string{"ENGLISH": "ENGL"}[a.language]).text("NOT SPECIFIED").text(a.marital).text(a.race).
		time(a.edIn).time(a.edOut).text(string(notes.find("complaint").expand(nil, &a.factors, stream(0, "diagnosis", a.hadmID)))).
		text(died).text(zeroOne(len(a.stays) > 0)).end()
	a.writeCodes(p, r, iiiDiagnoses, a.diagnoses)
	a.writeCodes(p, r, iiiProcedures, a.procedures)
	for i := range a.stays {
		a.stays[i].writeIII(p, a, r)
	}
	a.writeFactors(p, &r.tables[tableFactors])
	for _, quirk := range a.quirks {
		r.tables[tablePlanted].text(quirk).num(p.subjectID).num(a.hadmID).end()
	}
}

// writeCodes writes the codes, and those of an admission that is in no table. A code
// that is unknown has no place either.
func (a *admission) writeCodes(p *patient, r *records, of table, codes []coded) {
	places := make([]int, len(codes))
	for i := range places {
		places[i] = i
	}
	if a.codesReversed {
		slices.Reverse(places)
	}
	for _, i := range places {
		row := r.begin(of).num(p.subjectID).num(a.hadmID)
		if codes[i].code == "" {
			row.text("")
		} else {
			row.num(int64(i + 1))
		}
		row.text(codes[i].code).end()
	}
	if of == iiiDiagnoses && a.strayCode != "" {
		r.begin(of).num(p.subjectID).num(p.release.ids.unused(p.number)).num(1).text(a.strayCode).end()
	}
}

// wards are what MIMIC-III calls care units.
var wards = []string{"MICU", "SICU", "CSRU", "CCU", "TSICU"}

// metavision says whether the ICU charted with the second of its two systems, which
// alone has procedure events.
func (s *stay) metavision() bool { return s.id%2 == 0 }

func (s *stay) writeIII(p *patient, a *admission, r *records) {
	source := map[bool]string{false: "carevue", true: "metavision"}[s.metavision()]
	ward := slices.Index(careUnits, s.first) % len(wards)
	r.begin(iiiStays).num(p.subjectID).num(a.hadmID).num(s.id).text(source).text(wards[ward]).text(wards[ward]).
		num(int64(50 + ward)).num(int64(50 + ward)).time(s.in).time(s.out).float(float64(s.out-s.in) / float64(day)).end()
	s.chart(p, a, r)
	if !s.metavision() {
		return
	}
	for _, e := range s.events {
		value, unit := int64(e.end-e.start)/60, "min"
		if e.item.task {
			value, unit = 1, ""
		}
		r.begin(iiiEvents).num(p.subjectID).num(a.hadmID).num(s.id).time(e.start).time(e.end).num(e.item.id).
			num(value).text(unit).text(e.site).text(e.place).time(e.store).num(e.caregiver).num(e.order).num(e.order).
			text(e.item.category).text("").text("Task").num(1).num(0).num(0).text("FinishedRunning").text("").text("").text("").end()
	}
}
