package synth

import (
	"bytes"
	"math/rand/v2"
)

// chartWriter writes the NOTEEVENTS of MIMIC-III's admissions. Like noteWriter it
// needs only what an admission says of itself.
type chartWriter struct {
	options Options
	note    note
}

// The categories and descriptions of notes that are told apart. Trailing blanks are
// MIMIC-III's.
const (
	summaryCategory = "Discharge summary"
	reportNote      = "Report"
	addendumNote    = "Addendum"
)

// bedside are the other categories.
var bedside = []string{"Nursing", "Nursing/other", "Physician ", "Respiratory ", "Radiology", "ECG"}

// dossier is the discharge summaries of an admission, in the order of the table.
type dossier struct {
	writer *chartWriter
	p      *patient
	a      *admission
	turn   int // how often the quirk was planted before
	random *rand.Rand
	papers []paper
}

// paper is a row of NOTEEVENTS.
type paper struct {
	hadmID                int64 // 0: null
	date                  clock
	category, description string
	isError               string
	text                  []byte // empty: null
}

func (w *chartWriter) write(p *patient, t *[tableCount]rows) {
	r := recordsOf(p, t)
	for k := range p.admissions {
		a := &p.admissions[k]
		quirk, turn, planted := due(noteQuirks, p.number+31*int64(k))
		if !a.hasSummary && !planted {
			continue
		}
		d := w.dossier(p, a, turn)
		if planted && quirk.plant(d) {
			t[tablePlanted].text(quirk.name).num(p.subjectID).num(a.hadmID).end()
		}
		for i := range d.papers {
			d.papers[i].write(p, &r)
			w.list(p, t)
		}
	}
	for k := range p.admissions {
		w.bedside(p, &p.admissions[k], &r)
	}
}

// dossier writes the report of an admission and, where it has one, the addendum.
func (w *chartWriter) dossier(p *patient, a *admission, turn int) *dossier {
	d := &dossier{writer: w, p: p, a: a, turn: turn, random: stream(w.options.Seed, "dossier", a.hadmID)}
	w.note.reset(a.factors, stream(w.options.Seed, "summary", a.hadmID))
	text := w.note.discharge(a, w.canary(a, 0), w.options.Canaries)
	d.papers = []paper{{hadmID: a.hadmID, date: a.discharge.midnight(), category: summaryCategory, description: reportNote, text: asOfIII(text, d.random)}}
	if a.hasAddendum {
		d.append(addendumNote, day, d.addendum())
	}
	return d
}

// addendum is the text of one more addendum.
func (d *dossier) addendum() []byte {
	n := &d.writer.note
	n.reset(d.a.factors, d.random)
	return asOfIII(n.addendum(d.a, d.writer.canary(d.a, len(d.papers))), d.random)
}

// append adds a row after the others, so long after the report.
func (d *dossier) append(description string, after clock, text []byte) {
	more := d.papers[0]
	more.description, more.date, more.text = description, more.date+after, text
	d.papers = append(d.papers, more)
}

// canary is that of an admission's note.
func (w *chartWriter) canary(a *admission, n int) string {
	return canaryOf(w.options.Seed, noteID(a.hadmID, summaryCategory, n))
}

func (s *paper) write(p *patient, r *records) {
	row := r.begin(iiiNotes).num(p.subjectID).optional(s.hadmID).date(s.date).time(0).time(0).
		text(s.category).text(s.description).text("").text(s.isError)
	if len(s.text) == 0 {
		row.text("").end()
		return
	}
	row.quoted(s.text).end()
}

// list writes the patient into one of CORe's lists, once a note.
func (w *chartWriter) list(p *patient, t *[tableCount]rows) {
	shares := []float64{0.686, 0.098, 0.196, 0.02}
	lists := []table{tableTrain, tableVal, tableTest}
	if at := pick(stream(w.options.Seed, "list", p.subjectID), shares); int(at) < len(lists) {
		t[lists[at]].num(p.subjectID).end()
	}
}

// bedside writes the notes that were charted during an admission. Of radiology some
// belong to none.
func (w *chartWriter) bedside(p *patient, a *admission, r *records) {
	random := stream(w.options.Seed, "bedside", a.hadmID)
	for n := range between(random, 0, 2*w.options.RadiologyPerAdmission) {
		kind := oneOf(random, bedside)
		hadmID, at := a.hadmID, a.admit+clock(float64(max(0, a.discharge-a.admit))*random.Float64())
		if kind == "Radiology" && random.Float64() < outpatientRate {
			hadmID, at = 0, a.admit-days(spread(random, 0.5, 3))
		}
		at -= at % minute
		w.note.reset(a.factors, random)
		text := asOfIII(w.bedsideText(kind, w.canary(a, 100+n)), random)
		r.begin(iiiNotes).num(p.subjectID).optional(hadmID).date(at).time(at).time(at + 20*minute).
			text(kind).text(descriptionOf(kind)).num(15_000 + a.hadmID%100).text("").quoted(text).end()
	}
}

func (w *chartWriter) bedsideText(kind, canary string) []byte {
	if kind == "Radiology" {
		return w.note.radiology(canary)
	}
	w.note.write("NPN ").prose("history", "hpi.recap").write(canary).write("\n")
	return bytes.Clone(w.note.text)
}

func descriptionOf(kind string) string {
	if kind == "Radiology" {
		return "CHEST (PORTABLE AP)"
	}
	return "Report"
}
