package synth

import "strconv"

// noteWriter writes the notes of admissions, in the order of a patient's
// admissions. It needs only what an admission says of itself, so that notes can
// be written for admissions from elsewhere too.
type noteWriter struct {
	options Options
	note    note
}

const (
	outpatientRate    = 0.12 // radiology reports that belong to no admission
	radiologyAddendum = 0.02
)

// noteSeq is the running number of a patient's notes of one kind.
type noteSeq struct{ discharge, radiology int }

// header writes a note's fields up to the text; hadmID 0 is null.
func (w *noteWriter) header(r *rows, subjectID, hadmID int64, kind string, seq int, chart, store clock) {
	r.text(noteID(subjectID, kind, seq)).num(subjectID).optional(hadmID).text(kind).num(int64(seq)).time(chart).time(store)
}

func noteID(subjectID int64, kind string, seq int) string {
	return strconv.FormatInt(subjectID, 10) + "-" + kind + "-" + strconv.Itoa(seq)
}

func (w *noteWriter) write(p *patient, t *[tableCount]rows) {
	random := stream(w.options.Seed, "notes", p.subjectID)
	seq := noteSeq{discharge: between(random, 2, 20), radiology: between(random, 2, 40)}
	for i := range p.admissions {
		a := &p.admissions[i]
		if a.hasSummary {
			w.summary(p, a, &seq, &t[tableDischarge])
		}
		for range between(random, 0, 2*w.options.RadiologyPerAdmission) {
			w.report(p, a, &seq, &t[tableRadiology])
		}
	}
}

// summary writes an admission's discharge summary, charted at the day of
// discharge, and its addendum where it has one.
func (w *noteWriter) summary(p *patient, a *admission, seq *noteSeq, r *rows) {
	random := stream(w.options.Seed, "summary", a.hadmID)
	chart := a.discharge.midnight()
	store := a.discharge + clock(between(random, 30, 3000))*minute
	seq.discharge++
	w.header(r, p.subjectID, a.hadmID, "DS", seq.discharge, chart, store)
	w.note.reset(a.factors, random)
	canary := canaryOf(w.options.Seed, noteID(p.subjectID, "DS", seq.discharge))
	r.quoted(w.note.discharge(a, canary, w.options.Canaries)).end()
	if !a.hasAddendum {
		return
	}
	seq.discharge++
	w.header(r, p.subjectID, a.hadmID, "AD", seq.discharge, chart, store+day)
	w.note.reset(a.factors, random)
	r.quoted(w.note.addendum(a, canaryOf(w.options.Seed, noteID(p.subjectID, "AD", seq.discharge)))).end()
}

// report writes a radiology report of an admission, or one that was made before
// it and belongs to none.
func (w *noteWriter) report(p *patient, a *admission, seq *noteSeq, r *rows) {
	seq.radiology += 1
	random := stream(w.options.Seed, "report"+strconv.Itoa(seq.radiology), a.hadmID)
	hadmID, chart := a.hadmID, a.admit+clock(float64(a.discharge-a.admit)*random.Float64())
	if random.Float64() < outpatientRate {
		hadmID, chart = 0, a.admit-days(spread(random, 0.5, 3))
	}
	kind := "RR"
	if random.Float64() < radiologyAddendum {
		kind = "AR"
	}
	chart -= chart % minute
	w.header(r, p.subjectID, hadmID, kind, seq.radiology, chart, chart+clock(between(random, 20, 900))*minute)
	w.note.reset(a.factors, random)
	canary := canaryOf(w.options.Seed, noteID(p.subjectID, kind, seq.radiology))
	if kind == "AR" {
		r.quoted(w.note.radiologyAddendum(canary)).end()
		return
	}
	r.quoted(w.note.radiology(canary)).end()
}
