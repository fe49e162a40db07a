package synth

import "slices"

// The releases that trees are made of.
const (
	ReleaseIV  = "mimiciv"
	ReleaseIII = "mimiciii"
)

// Releases are those that trees are made of.
var Releases = []string{ReleaseIV, ReleaseIII}

// release is what trees of the two databases differ in.
type release struct {
	ids     idSpace
	icd9    bool // no code is of ICD-10
	reports int  // the most radiology_per_admission

	tables []table // those that an attached tree has, where patients are invented
	around []table // notes, and what is no part of MIMIC

	settle func(p *patient, o Options)                           // what else a patient has; nil: nothing
	write  func(p *patient, t *[tableCount]rows)                 // all but the notes
	notes  func(o Options) func(p *patient, t *[tableCount]rows) // writes them, a patient after the other
	given  []givenTable                                          // in the order of reading
	holds  string                                                // what an attached folder holds
}

var releases = map[string]*release{"": &mimicIV, ReleaseIV: &mimicIV, ReleaseIII: &mimicIII}

var mimicIV = release{
	ids:     idSpace{subjects: 10_000_000, admissions: 20_000_000, stays: 30_000_000, width: 10_000_000, prime: 9_999_991, patients: 9_999_991 / slotsOfPatient},
	reports: 1000,
	tables:  []table{tablePatients, tableAdmissions, tableDiagnoses, tableProcedures, tableServices, tableStays, tableEvents},
	around:  []table{tableDischarge, tableRadiology, tableFactors},
	write:   (*patient).write,
	notes: func(o Options) func(*patient, *[tableCount]rows) {
		writer := noteWriter{options: o}
		return writer.write
	},
	given: givenTables,
	holds: "MIMIC-IV's hosp/ and icu/",
}

var mimicIII = release{
	ids:     idSpace{subjects: 1, admissions: 100_000, stays: 200_000, width: 100_000, prime: 99_991, patients: 99_991 / slotsOfPatient},
	icd9:    true,
	reports: 100,
	tables:  []table{iiiPatients, iiiAdmissions, iiiDiagnoses, iiiProcedures, iiiStays, iiiEvents, iiiCharted},
	around:  []table{iiiNotes, tableFactors, tablePlanted},
	settle:  settleIII,
	write:   writeIII,
	notes: func(o Options) func(*patient, *[tableCount]rows) {
		writer := chartWriter{options: o}
		return writer.write
	},
	given: givenTablesIII,
	holds: "MIMIC-III's ADMISSIONS and its other tables",
}

func (o Options) release() *release { return releases[o.Release] }

// tables are those of a tree of invented patients.
func (o Options) tables() []table { return slices.Concat(o.release().tables, o.around()) }

// around are the tables that are written around given ones too.
func (o Options) around() []table {
	if o.CoreLists {
		return slices.Concat(o.release().around, []table{tableTrain, tableVal, tableTest})
	}
	return o.release().around
}

// idSpace is where a release's ids lie. A prime just below the width lets a
// multiplication scatter them without repeats.
type idSpace struct {
	subjects, admissions, stays int64 // the lowest of each
	width, prime                int64
	patients                    int // what the ids have room for
}

const (
	slotsOfPatient = maxAdmissions * maxStays
	scatterA       = 6_180_339
	scatterB       = 4_142_135
)

func (s *idSpace) hadm(patient int64, admission int) int64 {
	slot := patient*slotsOfPatient + int64(admission)*maxStays
	return s.admissions + slot*scatterA%s.prime
}

func (s *idSpace) stay(patient int64, admission, stay int) int64 {
	slot := (patient*maxAdmissions+int64(admission))*maxStays + int64(stay)
	return s.stays + slot*scatterB%s.prime
}

// unused is a hadm_id that no admission of the tree has.
func (s *idSpace) unused(n int64) int64 { return s.admissions + s.prime + n%(s.width-s.prime) }
