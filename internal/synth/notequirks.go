package synth

import "slices"

// noteQuirk is a trait of MIMIC-III's notes that label scripts rely on or stumble
// over. plant says whether the summaries could have it.
type noteQuirk struct {
	name  string
	plant func(d *dossier) bool
}

// noteQuirks are what CORe's scripts meet: which summaries are read and in what
// order, how their sections are cut out, and what is said of deaths.
var noteQuirks = slices.Concat(rowQuirks, sectionQuirks, deathQuirks)

// busyDay is a day on which many summaries are dated: their order is that of the
// sorting.
const busyDay clock = 5_680_281_600 // 2150-01-01

var rowQuirks = []noteQuirk{
	{"addendum_of_the_same_day", addendumAfter(0)},
	{"addendum_of_a_later_day", addendumAfter(3 * day)},
	{"addendum_dated_before_its_report", addendumAfter(-2 * day)},
	{"addendum_before_its_report_in_the_table", func(d *dossier) bool {
		d.append(addendumNote, 0, d.addendum())
		slices.Reverse(d.papers)
		return true
	}},
	{"addendum_without_a_report", func(d *dossier) bool {
		for i := range d.papers {
			d.papers[i].description = addendumNote
		}
		return true
	}},
	{"two_reports", func(d *dossier) bool { d.append(reportNote, clock(d.turn%3-1)*day, d.addendum()); return true }},
	{"many_of_a_day", func(d *dossier) bool {
		for range 3 + d.turn%18 {
			d.append(addendumNote, 0, d.addendum())
		}
		return true
	}},
	{"busy_day", func(d *dossier) bool {
		d.append(addendumNote, 0, d.addendum())
		d.date(busyDay)
		return true
	}},
	{"report_twice", func(d *dossier) bool {
		d.append(reportNote, clock(d.turn%3-1)*day, d.papers[0].text)
		return true
	}},
	// The addendum says what the report says: the report is the duplicate, and
	// without a report the admission is none.
	{"report_as_addendum", func(d *dossier) bool { d.append(addendumNote, day, d.papers[0].text); return true }},
	{"addendum_of_many_admissions", func(d *dossier) bool {
		d.append(addendumNote, clock(d.turn%2)*day, []byte("Addendum:\nThere is nothing to add.\n\nDisposition:\nHome\n"))
		return true
	}},
	{"report_of_two_admissions", func(d *dossier) bool { return d.twin(0) }},
	{"report_of_two_admissions_of_a_day", func(d *dossier) bool { return d.twin(busyDay + clock(d.turn/2)*day) }},
	{"report_in_error", func(d *dossier) bool { d.papers[0].isError = "1"; return true }},
	{"report_in_error_and_mended", func(d *dossier) bool {
		d.append(reportNote, 0, append([]byte("Corrected.\n\n"), d.papers[0].text...))
		d.papers[0].isError = "1"
		return true
	}},
	{"hadm_id_null", func(d *dossier) bool { return d.of(0) }},
	{"hadm_id_unknown", func(d *dossier) bool { return d.of(d.p.release.ids.unused(d.p.number)) }},
	{"text_null", func(d *dossier) bool { return d.say(nil) }},
	{"text_null_beside_an_addendum", func(d *dossier) bool {
		d.append(addendumNote, 0, d.papers[0].text)
		return d.say(nil)
	}},
	{"text_of_blanks", func(d *dossier) bool { return d.say([]byte(" \n\n \t\n")) }},
	{"text_in_blanks", func(d *dossier) bool { return d.say([]byte("\n\n \t" + string(d.papers[0].text) + "\n \n\n")) }},
	{"category_with_a_blank", func(d *dossier) bool { d.papers[0].category += " "; return true }},
	{"category_in_capitals", func(d *dossier) bool { d.papers[0].category = "Discharge Summary"; return true }},
	{"description_with_a_blank", func(d *dossier) bool { d.papers[0].description += " "; return true }},
	{"description_null", func(d *dossier) bool { d.papers[0].description = ""; return true }},
}

func addendumAfter(after clock) func(d *dossier) bool {
	return func(d *dossier) bool { d.append(addendumNote, after, d.addendum()); return true }
}

func (d *dossier) date(at clock) {
	for i := range d.papers {
		d.papers[i].date = at
	}
}

func (d *dossier) of(hadmID int64) bool { d.papers[0].hadmID = hadmID; return true }

func (d *dossier) say(text []byte) bool { d.papers[0].text = text; return true }

// twin gives every two admissions, of different patients, one text, and one date
// unless it is 0.
func (d *dossier) twin(date clock) bool {
	n := &d.writer.note
	n.reset(Factors{}, stream(d.writer.options.Seed, "twin", int64(d.turn/2)+int64(date)))
	plain := admission{service: "MED"}
	d.papers = d.papers[:1]
	d.papers[0].text = asOfIII(n.discharge(&plain, "", false), stream(d.writer.options.Seed, "twins", int64(d.turn/2)))
	if date != 0 {
		d.papers[0].date = date
	}
	return true
}
