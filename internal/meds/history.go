package meds

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// history are the events of one patient. Codes are named as in MIMIC_IV_MEDS, the
// extraction of MIMIC-IV by MEDS' authors, at 74bd0bd.
type history struct {
	subjectID  int64
	events     []Event
	admitted   dataset.Time           // for the first time
	discharged map[int64]dataset.Time // from each admission
	died       dataset.Time           // in hospital
	dod        dataset.Time           // the day of death
	untimed    int64
	errors     int64
}

func newHistory(subjectID int64) *history {
	return &history{subjectID: subjectID, discharged: map[int64]dataset.Time{}}
}

// add adds an event unless its time is not known. The words of a code that are not
// known are left out.
func (h *history) add(hadmID int64, at dataset.Time, code ...string) {
	if at == 0 {
		h.untimed++
		return
	}
	h.events = append(h.events, Event{SubjectID: h.subjectID, HadmID: hadmID, Time: at, Code: codeOf(code)})
}

func codeOf(words []string) string {
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), "//")
}

func (h *history) admission(a *mimic.Admission) {
	if h.admitted == 0 || a.Admittime != 0 && a.Admittime < h.admitted {
		h.admitted = a.Admittime
	}
	if h.died == 0 || a.Deathtime != 0 && a.Deathtime < h.died {
		h.died = a.Deathtime
	}
	h.discharged[a.HadmID] = a.Dischtime
	if a.Edregtime != 0 {
		h.add(a.HadmID, a.Edregtime, "ED_REGISTRATION")
	}
	if a.Edouttime != 0 {
		h.add(a.HadmID, a.Edouttime, "ED_OUT")
	}
	h.add(a.HadmID, a.Admittime, "HOSPITAL_ADMISSION", a.AdmissionType, a.AdmissionLocation)
	h.add(a.HadmID, a.Dischtime, "HOSPITAL_DISCHARGE", a.DischargeLocation)
}

// patient tells the sex, which has no time, and the birth. Of those who are 90 or older
// the releases do not tell it.
func (h *history) patient(p *mimic.Patient) {
	if p.Gender != "" {
		h.events = append(h.events, Event{SubjectID: h.subjectID, Code: "GENDER//" + p.Gender})
	}
	h.dod = p.Dod
	const oldest = 90 // years
	if age, ok := p.Age(cmp.Or(h.admitted, p.Dob)); ok && age < oldest {
		h.add(0, cmp.Or(p.Dob, yearOf(p.AnchorYear-p.AnchorAge)), "MEDS_BIRTH")
	}
}

// yearOf is the beginning of a year.
func yearOf(year int32) dataset.Time {
	return dataset.Time(time.Date(int(year), 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro())
}

func (h *history) diagnosis(c *mimic.Code) { h.coded(c, "DIAGNOSIS") }
func (h *history) procedure(c *mimic.Code) { h.coded(c, "PROCEDURE") }

// coded is known when the stay is over: codes are given for the bill.
func (h *history) coded(c *mimic.Code, what string) {
	if c.ICDCode != "" {
		h.add(c.HadmID, h.discharged[c.HadmID], what, "ICD", strconv.Itoa(int(c.ICDVersion)), c.ICDCode)
	}
}

func (h *history) icuStay(s *mimic.ICUStay) {
	h.add(s.HadmID, s.Intime, "ICU_ADMISSION", s.FirstCareunit)
	h.add(s.HadmID, s.Outtime, "ICU_DISCHARGE", s.LastCareunit)
}

// note is known when it is stored; where that is not told, at the time that it is
// about, or at the end of the day.
func (h *history) note(n *mimic.Note) {
	if n.IsError {
		h.errors++
		return
	}
	before := len(h.events)
	h.add(n.HadmID, cmp.Or(n.Storetime, n.Charttime, endOf(n.Chartdate)), "NOTE", cmp.Or(n.NoteType, strings.TrimSpace(n.Category)))
	for i := range h.events[before:] {
		h.events[before+i].TextValue = n.Text
	}
}

// endOf is the last moment of a day: what happened on it was not known before.
func endOf(day dataset.Time) dataset.Time {
	if day == 0 {
		return 0
	}
	return day + dataset.Day - 1
}

// end adds the death and puts the events in the order of their times.
func (h *history) end() {
	if died := cmp.Or(h.died, endOf(h.dod)); died != 0 {
		h.add(0, died, "MEDS_DEATH")
	}
	slices.SortStableFunc(h.events, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
}
