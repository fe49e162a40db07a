package synth

import (
	"math/rand/v2"
	"time"
)

// patient is a subject and all that happened to them.
type patient struct {
	number     int64 // of the tree, from 0
	release    *release
	subjectID  int64
	factors    Factors
	age        int
	anchorYear int
	group      int   // index of anchorGroups
	dob        clock // of MIMIC-III
	dod        clock // date of death
	admissions []admission
}

var anchorGroups = []string{"2008 - 2010", "2011 - 2013", "2014 - 2016", "2017 - 2019"}

const (
	maxAdmissions   = 4
	maxStays        = 2
	noAdmissionRate = 0.05 // seen in the emergency department only
	readmissionRate = 0.35
	laterDeathRate  = 0.15 // of survivors, within a year of the last discharge
)

// newPatient makes patient number n of a tree. Nothing but the options' seed and
// n decides what comes out.
func newPatient(o Options, n int64) patient {
	random := stream(o.Seed, "patient", n)
	r := releases[o.Release]
	stride := max(1, (r.ids.width-1)/int64(o.Patients))
	p := patient{
		number:     n,
		release:    r,
		subjectID:  r.ids.subjects + n*stride + random.Int64N(stride),
		factors:    drawPatientFactors(random),
		age:        between(random, 18, 91),
		anchorYear: between(random, 2110, 2200),
		group:      random.IntN(len(anchorGroups)),
	}
	if random.Float64() >= noAdmissionRate {
		p.admit(random)
	}
	if r.settle != nil {
		r.settle(&p, o)
	}
	return p
}

// admit adds admissions until the patient dies or does not come back.
func (p *patient) admit(random *rand.Rand) {
	start := clock(time.Date(p.anchorYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	start += clock(random.IntN(364*24*60)) * minute
	for k := range maxAdmissions {
		a := newAdmission(p, k, start, random)
		p.admissions = append(p.admissions, a)
		if a.factors[outcome] == 2 {
			p.dod = a.death.midnight()
			return
		}
		if random.Float64() >= readmissionRate {
			break
		}
		start = a.discharge + days(spread(random, 4, 400))
	}
	if random.Float64() < laterDeathRate {
		p.dod = (p.admissions[len(p.admissions)-1].discharge + days(spread(random, 3, 364))).midnight()
	}
}

// American hospitals coded in ICD-9 up to September 2015.
const (
	firstYear   = 2008 // of the first anchor group
	groupYears  = 3
	switchYear  = 2015
	icd9Months  = 9 // of the year of the switch
	monthsAYear = 12
)

// icdVersion is ICD-9 up to September 2015 of the year that the shifted year
// stands for, ICD-10 after it.
func (p *patient) icdVersion(at clock, random *rand.Rand) int {
	if p.release.icd9 {
		return 9
	}
	year := firstYear + groupYears*p.group + random.IntN(groupYears) + at.year() - p.anchorYear
	if year < switchYear || year == switchYear && random.IntN(monthsAYear) < icd9Months {
		return 9
	}
	return 10
}

// icd9Share is the share of ICD-9 among admissions in their patient's anchor
// year, whose true years are even over those of all groups. Readmissions of later
// years have less of it.
func icd9Share() float64 {
	before := switchYear - firstYear + float64(icd9Months)/monthsAYear
	return before / float64(groupYears*len(anchorGroups))
}

func (p *patient) write(t *[tableCount]rows) {
	t[tablePatients].num(p.subjectID).text(genderOf(p.factors)).num(int64(p.age)).
		num(int64(p.anchorYear)).text(anchorGroups[p.group]).date(p.dod).end()
	for i := range p.admissions {
		p.admissions[i].write(p, t)
	}
}

func genderOf(f Factors) string { return [...]string{"F", "M"}[f[sex]] }
