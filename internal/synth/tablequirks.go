package synth

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// settleIII gives a patient of MIMIC-III a birth and the quirks of the tables.
func settleIII(p *patient, o Options) {
	if len(p.admissions) == 0 {
		return
	}
	random := stream(o.Seed, "settle", p.number)
	p.dob = birth(p.admissions[0].admit, p.age)
	for k := range p.admissions {
		if quirk, turn, planted := due(tableQuirks, p.number+17*int64(k)); planted {
			a := &p.admissions[k]
			if quirk.plant(tablePlot{p, a, k, turn, random}) {
				a.quirks = append(a.quirks, quirk.name)
			}
		}
	}
}

// due is the quirk of a slot and how often it had its turn before. A third of the
// slots have none.
func due[Q any](quirks []Q, slot int64) (quirk *Q, turn int, planted bool) {
	round := int64(len(quirks) + len(quirks)/2)
	at := slot % round
	if at >= int64(len(quirks)) {
		return nil, 0, false
	}
	return &quirks[at], int(slot / round), true
}

// MIMIC-III moves the birth of whoever was older than 89 by 300 years.
const (
	oldest     = 90
	movedYears = 300
)

func birth(admit clock, age int) clock {
	if age >= oldest {
		age += movedYears - oldest
	}
	return clock(time.Unix(int64(admit), 0).UTC().AddDate(-age, 0, -100).Unix()).midnight()
}

// tableQuirk is a trait of MIMIC-III's tables that label scripts rely on or stumble
// over. plant says whether the admission could have it.
type tableQuirk struct {
	name  string
	plant func(q tablePlot) bool
}

// tablePlot is where a quirk is planted.
type tablePlot struct {
	*patient
	*admission
	k      int // number of the admission
	turn   int // how often the quirk was planted before
	random *rand.Rand
}

var tableQuirks = []tableQuirk{
	// CORe drops newborns, and keeps the labels that they alone have.
	{"newborn", func(q tablePlot) bool {
		q.kind, q.dob = "NEWBORN", q.admission.admit.midnight()
		q.diagnose("V3000", "V053", "7742")
		return true
	}},
	{"expire_flag_null", func(q tablePlot) bool { q.flagUnknown = true; return true }},
	// Stays at the limits of three, seven and fourteen days, as they are and as they
	// are rounded to a tenth of a day.
	{"stay_at_limit", func(q tablePlot) bool { return q.stayFor(limitOf(q.turn)) }},
	{"stay_at_rounded_limit", func(q tablePlot) bool { return q.stayFor(limitOf(q.turn) + day/20) }},
	{"stay_near_rounded_limit", func(q tablePlot) bool {
		return q.stayFor(limitOf(q.turn) + day/20 + [...]clock{1, -1, minute, -minute}[q.turn/3%4])
	}},
	{"stay_negative", func(q tablePlot) bool { return q.stayFor(-clock(1+q.turn%20) * hour) }},
	{"stay_of_no_time", func(q tablePlot) bool { return q.stayFor(0) }},
	{"diagnoses_none", func(q tablePlot) bool { q.diagnoses = nil; return true }},
	{"diagnoses_all_null", func(q tablePlot) bool { q.diagnoses = nil; q.diagnose("", ""); return true }},
	{"diagnosis_null", func(q tablePlot) bool { q.diagnose("", "4019"); return true }},
	{"diagnoses_of_one_category", func(q tablePlot) bool { q.diagnose("4280", "42823", "4280"); return true }},
	{"codes_v_and_e", func(q tablePlot) bool {
		q.diagnose("V4581", "V4582", "V1582", "V150", "E8889", "E8881", "E9342")
		return true
	}},
	{"codes_shorter_than_the_cut", func(q tablePlot) bool { q.diagnose("V08", "042", "V29"); return true }},
	{"diagnosis_seen_once", func(q tablePlot) bool { q.diagnose(strconv.Itoa(60000 + 10*q.turn)); return true }},
	{"rows_against_seq_num", func(q tablePlot) bool {
		q.codesReversed = true
		return len(q.diagnoses) > 1
	}},
	{"diagnosis_of_unknown_admission", func(q tablePlot) bool { q.strayCode = "V9" + strconv.Itoa(100+q.turn%40); return true }},
	// Clinical XLNet leaves these out of its cohort of ventilation, and children.
	{"diagnosis_that_pmv_excludes", func(q tablePlot) bool {
		q.diagnose([...]string{"1419", "1490", "3589", "3590", "3591", "35801", "9400", "9413", "9483", "V594"}[q.turn%10])
		return true
	}},
	{"icu_stay_before_the_ventilated_one", func(q tablePlot) bool {
		if len(q.stays) != 1 || q.ventilation == ventNone {
			return false
		}
		second := q.stays[0]
		first := stay{id: q.release.ids.stay(q.number, q.k, 1), first: second.first, last: second.first, in: second.in - 9*hour, out: second.in - 3*hour}
		q.stays = []stay{first, second}
		return true
	}},
	{"age_near_18", func(q tablePlot) bool {
		q.dob = birth(q.admission.admit, 18) + clock(q.turn%5*50-50)*day
		return true
	}},
	{"procedures_none", func(q tablePlot) bool { q.procedures = nil; return true }},
	// Read as numbers these lose their zeros, and some fall together.
	{"procedure_leading_zero", func(q tablePlot) bool {
		q.operate([...]string{"0331", "0093", "0040", "0014", "066"}[q.turn%5])
		return true
	}},
	{"procedures_that_fall_together", func(q tablePlot) bool { q.operate("3310", "0331", "331"); return true }},
	{"procedure_of_three_digits", func(q tablePlot) bool { q.operate("640", "861"); return true }},
}

func limitOf(turn int) clock { return clock(losCuts[turn%len(losCuts)]) * day }

// stayFor gives the stay of a survivor a length.
func (q tablePlot) stayFor(length clock) bool {
	if q.admission.factors[outcome] == 2 {
		return false
	}
	q.discharge = q.admission.admit + length
	return true
}

func (q tablePlot) diagnose(codes ...string) { q.diagnoses = append(q.diagnoses, uncaused(codes)...) }

func (q tablePlot) operate(codes ...string) { q.procedures = append(q.procedures, uncaused(codes)...) }

// uncaused are codes that no factor decides.
func uncaused(codes []string) []coded {
	var list []coded
	for _, code := range codes {
		list = append(list, coded{&condition{name: "other"}, code, 9})
	}
	return list
}
