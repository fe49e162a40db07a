package synth

import (
	"cmp"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/icd"
)

// givenTree is what the tables of an attached tree say of its admissions.
type givenTree struct {
	sexes      map[int64]uint8 // by subject_id
	admissions []givenAdmission
	byHadm     map[int64]int      // index of admissions
	byStay     map[int64]int      // the same by stay_id
	patients   [][]givenAdmission // by subject_id, each in order of time
}

// flag is 0, 1 or not known.
type flag int

const (
	flagNo flag = iota
	flagYes
	flagUnknown
)

func newGivenTree() *givenTree {
	return &givenTree{sexes: map[int64]uint8{}, byHadm: map[int64]int{}, byStay: map[int64]int{}}
}

// givenTable is a table that the labels come from.
type givenTable struct {
	file    string // without its suffix
	or      string // its name in older releases, or in small letters
	columns []string
	take    func(g *givenTree, c *cells)
}

// givenTables stand in the order of reading: each speaks of ids of those before.
var givenTables = []givenTable{
	{"hosp/patients", "core/patients", []string{"subject_id", "gender"}, (*givenTree).takePatient},
	{"hosp/admissions", "core/admissions", []string{"subject_id", "hadm_id", "admittime", "dischtime", "discharge_location", "hospital_expire_flag"}, (*givenTree).takeAdmission},
	{"hosp/diagnoses_icd", "", []string{"hadm_id", "icd_code", "icd_version"}, (*givenTree).takeDiagnosis},
	{"hosp/procedures_icd", "", []string{"hadm_id", "icd_code", "icd_version"}, (*givenTree).takeProcedure},
	{"icu/icustays", "", []string{"hadm_id", "stay_id", "intime"}, (*givenTree).takeStay},
	{"icu/procedureevents", "", []string{"itemid", "stay_id", "starttime", "endtime"}, (*givenTree).takeEvent},
}

func (g *givenTree) takePatient(c *cells) { g.sexes[c.id(0)] = uint8(c.choice(1, "F", "M")) }

func (g *givenTree) takeAdmission(c *cells) {
	a := givenAdmission{subjectID: c.id(0), hadmID: c.id(1), admit: c.time(2), discharge: c.time(3), died: flag(c.choice(5, "0", "1", ""))}
	to := c.text(4)
	a.toFacility = slices.Contains(facilities, to) || slices.Contains(iiiFacilities, to) || strings.HasSuffix(to, "FACILITY")
	if a.admit == 0 {
		c.malformed(2)
	}
	known := false
	if a.sex, known = g.sexes[a.subjectID]; !known {
		c.refuse("its patient has no row in the table of patients")
	}
	if _, twice := g.byHadm[a.hadmID]; twice {
		c.refuse("repeated hadm_id")
	}
	g.byHadm[a.hadmID] = len(g.admissions)
	g.admissions = append(g.admissions, a)
}

func (g *givenTree) takeDiagnosis(c *cells) { g.takeCode(c, false, c.icdVersion(2)) }

func (g *givenTree) takeProcedure(c *cells) { g.takeCode(c, true, c.icdVersion(2)) }

func (c *cells) icdVersion(i int) int { return icdVersions[c.choice(i, "9", "10")] }

// takeCode notes what a code of a listed admission says.
func (g *givenTree) takeCode(c *cells, procedure bool, version int) {
	i, listed := g.byHadm[c.id(0)]
	if !listed {
		return
	}
	a := &g.admissions[i]
	a.coded = true
	code, _ := icd.Diagnosis(version, c.text(1))
	if procedure {
		code, _ = icd.Procedure(version, c.text(1))
	}
	if found, known := findingOf[categoryOf(procedure, version, code)]; known {
		if at, has := slices.BinarySearch(a.findings, found); !has {
			a.findings = slices.Insert(a.findings, at, found)
		}
	}
}

// takeStay keeps the first ICU stay with a time, as the ventilation task does.
func (g *givenTree) takeStay(c *cells) {
	stay, in := c.id(1), c.time(2)
	i, listed := g.byHadm[c.id(0)]
	if !listed || in == 0 {
		return
	}
	g.byStay[stay] = i
	if a := &g.admissions[i]; a.stay == 0 || cmp.Or(cmp.Compare(in, a.stayIn), cmp.Compare(stay, a.stay)) < 0 {
		a.stay, a.stayIn = stay, in
	}
}

// takeEvent looks at the item first: most rows are of others.
func (g *givenTree) takeEvent(c *cells) {
	if c.id(0) != invasiveVent.id {
		return
	}
	stay, start, end := c.id(1), c.time(2), c.time(3)
	i, listed := g.byStay[stay]
	if !listed || g.admissions[i].stay != stay || start == 0 || end == 0 {
		return
	}
	a := &g.admissions[i]
	if a.ventStart == 0 || start < a.ventStart {
		a.ventStart = start
	}
	a.ventEnd = max(a.ventEnd, end)
}

// sort groups the admissions by patient, so that the order of the tables' rows
// does not matter.
func (g *givenTree) sort() {
	slices.SortFunc(g.admissions, func(a, b givenAdmission) int {
		return cmp.Or(cmp.Compare(a.subjectID, b.subjectID), cmp.Compare(a.admit, b.admit), cmp.Compare(a.hadmID, b.hadmID))
	})
	for from, to := 0, 0; from < len(g.admissions); from = to {
		for to < len(g.admissions) && g.admissions[to].subjectID == g.admissions[from].subjectID {
			to++
		}
		g.patients = append(g.patients, g.admissions[from:to])
	}
}
