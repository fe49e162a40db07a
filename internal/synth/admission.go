package synth

import (
	"math"
	"math/rand/v2"
	"strconv"
)

// admission is a hospital stay with all that its tables and notes are written
// from.
type admission struct {
	hadmID                    int64
	factors                   Factors
	admit, discharge, death   clock
	edIn, edOut               clock
	kind, origin, destination string
	provider                  string
	insurance, language       string
	marital, race, service    string
	version                   int // of ICD
	diagnoses, procedures     []coded
	stays                     []stay
	ventilation               ventilation
	ventStart, ventEnd        clock
	hasSummary, hasAddendum   bool

	// Of MIMIC-III.
	quirks        []string // planted in the tables
	flagUnknown   bool     // whether it ended in death is not in the table
	codesReversed bool     // the rows stand against their numbers
	strayCode     string   // a diagnosis of an admission that is in no table
}

const (
	summaryRate   = 0.94 // admissions with a discharge summary
	addendumRate  = 0.02
	earlyDischTim = 0.20 // deaths whose dischtime is the midnight before
)

var (
	admissionKinds = []string{"EW EMER.", "EW EMER.", "EW EMER.", "OBSERVATION ADMIT", "URGENT", "DIRECT EMER.", "EU OBSERVATION", "DIRECT OBSERVATION", "ELECTIVE", "SURGICAL SAME DAY ADMISSION", "AMBULATORY OBSERVATION"}
	origins        = []string{"PHYSICIAN REFERRAL", "TRANSFER FROM HOSPITAL", "WALK-IN/SELF REFERRAL", "CLINIC REFERRAL", "INFORMATION NOT AVAILABLE", "TRANSFER FROM SKILLED NURSING FACILITY"}
	homes          = []string{"HOME", "HOME", "HOME HEALTH CARE", "HOME HEALTH CARE", "", "AGAINST ADVICE"}
	facilities     = []string{"SKILLED NURSING FACILITY", "SKILLED NURSING FACILITY", "REHAB", "CHRONIC/LONG TERM ACUTE CARE", "HOSPICE", "ACUTE HOSPITAL"}
	insurances     = []string{"Other", "Other", "Other", "Medicare", "Medicare", "Medicaid"}
	languages      = []string{"ENGLISH", "ENGLISH", "ENGLISH", "ENGLISH", "ENGLISH", "ENGLISH", "ENGLISH", "ENGLISH", "ENGLISH", "?"}
	maritals       = []string{"SINGLE", "SINGLE", "SINGLE", "MARRIED", "MARRIED", "WIDOWED", "WIDOWED", "DIVORCED", ""}
	races          = []string{"WHITE", "WHITE", "WHITE", "WHITE", "WHITE", "BLACK/AFRICAN AMERICAN", "BLACK/AFRICAN AMERICAN", "ASIAN - CHINESE", "HISPANIC/LATINO - PUERTO RICAN", "HISPANIC OR LATINO", "WHITE - RUSSIAN", "PORTUGUESE", "OTHER", "UNKNOWN", "UNABLE TO OBTAIN", "PATIENT DECLINED TO ANSWER"}
	services       = [...]string{"MED", "MED", "CMED", "NMED", "MED", "ORTHO"}
)

func newAdmission(p *patient, k int, start clock, random *rand.Rand) admission {
	a := admission{hadmID: p.release.ids.hadm(p.number, k), admit: start, factors: drawAdmissionFactors(p.factors, random)}
	a.drawOutcome(random)
	a.drawAdministration(random)
	a.drawStays(p, k, random)
	a.version = p.icdVersion(a.admit, random)
	a.diagnoses = drawCodes(false, &a.factors, a.version, random)
	a.procedures = append(drawCodes(true, &a.factors, a.version, random), a.ventilationCode()...)
	a.hasSummary = random.Float64() < summaryRate
	a.hasAddendum = a.hasSummary && random.Float64() < addendumRate
	return a
}

// drawOutcome draws death, ventilation and length of stay from the factors.
func (a *admission) drawOutcome(random *rand.Rand) {
	f := &a.factors
	f[outcome] = flip(random, 0.2+0.3*float64(f[frail]))
	outside := days(math.Exp(losMu(f) + losSigma*random.NormFloat64()))
	if random.Float64() < f.Outlook().Mor {
		f[outcome] = 2
		outside = days(0.15 + 4*random.ExpFloat64())
	}
	chances := ventChances(f)
	a.ventilation = ventilation(pick(random, chances[:]))
	span := ventSpan[a.ventilation]
	a.ventStart = a.admit + clock(float64(outside)*spread(random, 0.05, 0.3))
	a.ventEnd = a.ventStart + days(spread(random, span[0], span[1]))
	a.discharge = a.admit + outside + a.ventEnd - a.ventStart
	if f[outcome] == 2 {
		a.death = a.discharge
		if midnight := a.death.midnight(); midnight > a.admit && random.Float64() < earlyDischTim {
			a.discharge = midnight
		}
	}
}

func (a *admission) drawAdministration(random *rand.Rand) {
	a.kind, a.origin = oneOf(random, admissionKinds), oneOf(random, origins)
	if a.kind == "EW EMER." || a.kind == "EU OBSERVATION" {
		a.origin = "EMERGENCY ROOM"
		a.edIn = a.admit - clock(between(random, 90, 600))*minute
		a.edOut = a.admit + clock(between(random, 5, 180))*minute
	}
	a.destination = oneOf(random, [][]string{homes, facilities, {"DIED"}}[a.factors[outcome]])
	a.provider = provider(random)
	a.insurance, a.language = oneOf(random, insurances), oneOf(random, languages)
	a.marital, a.race = oneOf(random, maritals), oneOf(random, races)
	a.service = services[a.factors[problem]]
}

// provider is a hashed provider id as MIMIC-IV writes them.
func provider(random *rand.Rand) string {
	const symbols = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	id := []byte("P00000")
	for i := 1; i < len(id); i++ {
		id[i] = symbols[random.IntN(len(symbols))]
	}
	return string(id)
}

func (a *admission) write(p *patient, t *[tableCount]rows) {
	died := a.factors[outcome] == 2
	t[tableAdmissions].num(p.subjectID).num(a.hadmID).time(a.admit).time(a.discharge).time(a.death).
		text(a.kind).text(a.provider).text(a.origin).text(a.destination).text(a.insurance).
		text(a.language).text(a.marital).text(a.race).time(a.edIn).time(a.edOut).
		text(map[bool]string{false: "0", true: "1"}[died]).end()
	t[tableServices].num(p.subjectID).num(a.hadmID).time(a.admit + 61).text("").text(a.service).end()
	for i, c := range a.diagnoses {
		t[tableDiagnoses].num(p.subjectID).num(a.hadmID).num(int64(i + 1)).text(c.code).num(int64(c.version)).end()
	}
	for i, c := range a.procedures {
		at := (a.admit + clock(i)*day).midnight()
		t[tableProcedures].num(p.subjectID).num(a.hadmID).num(int64(i + 1)).date(min(at, a.discharge.midnight())).
			text(c.code).num(int64(c.version)).end()
	}
	for i := range a.stays {
		a.stays[i].write(p, a, t)
	}
	a.writeFactors(p, &t[tableFactors])
}

// writeFactors writes what no model may see: factors and true probabilities.
func (a *admission) writeFactors(p *patient, r *rows) {
	r.num(p.subjectID).num(a.hadmID)
	for _, level := range a.factors[:outcomeFactors] {
		r.text(strconv.Itoa(int(level)))
	}
	o := a.factors.Outlook()
	r.float(o.Mor).float(o.Pmv)
	for _, chance := range o.Los {
		r.float(chance)
	}
	r.end()
}
