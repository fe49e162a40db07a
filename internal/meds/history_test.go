package meds

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

func at(t testing.TB, text string) dataset.Time {
	t.Helper()
	when, err := time.Parse(time.DateTime, text)
	if err != nil {
		t.Fatal(err)
	}
	return dataset.Time(when.UnixMicro())
}

// lines are events as the test writes them.
func lines(events []Event) (all []string) {
	for _, e := range events {
		line := "-"
		if e.Time != 0 {
			line = time.UnixMicro(int64(e.Time)).UTC().Format("2006-01-02 15:04:05")
		}
		if line += " " + e.Code; e.HadmID != 0 {
			line += fmt.Sprintf(" of %d", e.HadmID)
		}
		if e.TextValue != "" {
			line += ": " + e.TextValue
		}
		all = append(all, line)
	}
	return all
}

func TestHistory(t *testing.T) {
	day := func(text string) dataset.Time { return at(t, text+" 00:00:00") }
	stay := mimic.Admission{HadmID: 10, Admittime: at(t, "2180-05-06 22:23:00"), Dischtime: at(t, "2180-05-09 10:00:00")}
	for _, c := range []struct {
		name    string
		tell    func(h *history)
		want    []string
		untimed int64
		errors  int64
	}{
		{"a stay", func(h *history) {
			a := stay
			a.AdmissionType, a.AdmissionLocation, a.DischargeLocation = "EW EMER.", "WALK-IN/SELF REFERRAL", "HOME"
			a.Edregtime, a.Edouttime = at(t, "2180-05-06 19:00:00"), at(t, "2180-05-06 23:00:00")
			h.admission(&a)
			h.patient(&mimic.Patient{Gender: "F", AnchorAge: 52, AnchorYear: 2178})
			h.diagnosis(&mimic.Code{HadmID: 10, ICDVersion: 9, ICDCode: "0389"})
			h.procedure(&mimic.Code{HadmID: 10, ICDVersion: 10, ICDCode: "5A1955Z", Chartdate: day("2180-05-07")})
			h.icuStay(&mimic.ICUStay{HadmID: 10, FirstCareunit: "MICU", Intime: at(t, "2180-05-06 22:30:00"), Outtime: at(t, "2180-05-07 08:00:00")})
		}, []string{
			"- GENDER//F", "2126-01-01 00:00:00 MEDS_BIRTH",
			"2180-05-06 19:00:00 ED_REGISTRATION of 10", "2180-05-06 22:23:00 HOSPITAL_ADMISSION//EW EMER.//WALK-IN/SELF REFERRAL of 10",
			"2180-05-06 22:30:00 ICU_ADMISSION//MICU of 10", "2180-05-06 23:00:00 ED_OUT of 10", "2180-05-07 08:00:00 ICU_DISCHARGE of 10",
			"2180-05-09 10:00:00 HOSPITAL_DISCHARGE//HOME of 10", "2180-05-09 10:00:00 DIAGNOSIS//ICD//9//0389 of 10", "2180-05-09 10:00:00 PROCEDURE//ICD//10//5A1955Z of 10",
		}, 0, 0},
		{"a death in hospital", func(h *history) {
			again := mimic.Admission{HadmID: 11, Admittime: at(t, "2180-07-01 00:00:00"), Dischtime: at(t, "2180-07-02 12:00:00"), Deathtime: at(t, "2180-07-02 11:00:00")}
			h.admission(&stay)
			h.admission(&again)
			h.patient(&mimic.Patient{Dod: day("2180-07-02"), AnchorAge: 91, AnchorYear: 2180}) // as old as the release tells
		}, []string{
			"2180-05-06 22:23:00 HOSPITAL_ADMISSION of 10", "2180-05-09 10:00:00 HOSPITAL_DISCHARGE of 10", "2180-07-01 00:00:00 HOSPITAL_ADMISSION of 11",
			"2180-07-02 11:00:00 MEDS_DEATH", "2180-07-02 12:00:00 HOSPITAL_DISCHARGE of 11",
		}, 0, 0},
		{"a death elsewhere", func(h *history) {
			h.patient(&mimic.Patient{Gender: "M", Dob: day("2100-02-03"), Dod: day("2170-01-02")})
		}, []string{"- GENDER//M", "2100-02-03 00:00:00 MEDS_BIRTH", "2170-01-02 23:59:59 MEDS_DEATH"}, 0, 0},
		{"the oldest of MIMIC-III", func(h *history) {
			h.admission(&stay)
			h.patient(&mimic.Patient{Gender: "M", Dob: day("1880-05-06")})
		}, []string{"- GENDER//M", "2180-05-06 22:23:00 HOSPITAL_ADMISSION of 10", "2180-05-09 10:00:00 HOSPITAL_DISCHARGE of 10"}, 0, 0},
		{"times that are not known", func(h *history) {
			h.admission(&mimic.Admission{HadmID: 12, Admittime: stay.Admittime})
			h.diagnosis(&mimic.Code{HadmID: 12, ICDVersion: 9, ICDCode: "0389"})
			h.diagnosis(&mimic.Code{HadmID: 12, ICDVersion: 9}) // none
			h.procedure(&mimic.Code{HadmID: 13, ICDVersion: 9, ICDCode: "3893"})
		}, []string{"2180-05-06 22:23:00 HOSPITAL_ADMISSION of 12"}, 3, 0},
		{"notes", func(h *history) {
			h.note(&mimic.Note{HadmID: 10, NoteType: mimic.DischargeSummary, Charttime: day("2180-05-09"), Storetime: at(t, "2180-05-11 09:00:00"), Text: "stored"})
			h.note(&mimic.Note{NoteType: mimic.RadiologyReport, Charttime: at(t, "2180-05-08 07:00:00"), Text: "charted"})
			h.note(&mimic.Note{HadmID: 10, Category: "Nursing ", Chartdate: day("2180-05-08"), Text: "of a day"})
			h.note(&mimic.Note{HadmID: 10, Category: "Nursing", Chartdate: day("2180-05-08"), Text: "an error", IsError: true})
			h.note(&mimic.Note{HadmID: 10, Category: "Nursing", Text: "of no time"})
		}, []string{
			"2180-05-08 07:00:00 NOTE//radiology_report: charted", "2180-05-08 23:59:59 NOTE//Nursing of 10: of a day", "2180-05-11 09:00:00 NOTE//discharge_summary of 10: stored",
		}, 1, 1},
	} {
		h := newHistory(1)
		c.tell(h)
		h.end()
		if diff := cmp.Diff(c.want, lines(h.events)); diff != "" || h.untimed != c.untimed || h.errors != c.errors {
			t.Errorf("%s: %d untimed, %d errors: %s", c.name, h.untimed, h.errors, diff)
		}
	}
}
