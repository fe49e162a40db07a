package ingest

// release is a published version of a database, or of its notes where these are a
// product of their own, and what it is known by.
type release struct {
	version string
	rows    map[string]int64 // of the files that are read, by their names
	has     string           // a column of admissions; "": any
	lacks   string
}

// The row counts are those of MIT-LCP/mimic-code's validation scripts, which have had
// one version of MIMIC-IV after the other (mimic-iv/buildmimic/postgres/validate.sql,
// validate_demo.sql; mimic-iii/buildmimic/postgres/postgres_checks.sql;
// mimic-iv-note/buildmimic/postgres/validate.sql). Of MIMIC-IV 1.0 they are those of
// public scripts of the same form; mimic-code's issue 915 has its patients. Of the demo
// of MIMIC-III they are its files'. What columns came and went is in the change logs of
// the databases. Version 3.0 has as many patients and admissions as 3.1; whether its
// other tables differ is not known to us, so that the two are named together.
var mimicIVReleases = []release{
	{"1.0", ivRows(382278, 523740, 5280351, 779625, 76540, 731247, 329499788), "ethnicity", "race"},
	{"2.0", ivRows(315460, 454324, 5006884, 704124, 76943, 731788, 329822285), "race", "admit_provider_id"},
	{"2.1", ivRows(299777, 431088, 4752265, 668993, 73141, 696191, 314035266), "race", "admit_provider_id"},
	{"2.2", ivRows(299712, 431231, 4756326, 669186, 73181, 696092, 313645063), "admit_provider_id", ""},
	{"3.0 or 3.1", ivRows(364627, 546028, 6364488, 859655, 94458, 808706, 432997491), "admit_provider_id", ""},
	{"demo 2.2", ivRows(100, 275, 4506, 722, 140, 1468, 668862), "admit_provider_id", ""},
}

func ivRows(patients, admissions, diagnoses, procedures, stays, procedureEvents, chartEvents int64) map[string]int64 {
	return map[string]int64{
		"patients": patients, "admissions": admissions, "diagnoses_icd": diagnoses, "procedures_icd": procedures,
		"icustays": stays, "procedureevents": procedureEvents, "chartevents": chartEvents,
	}
}

// noteReleases are of MIMIC-IV-Note, whose version is that of the tables it goes with.
var noteReleases = []release{
	{"2.2", map[string]int64{"discharge": 331793, "radiology": 2321355}, "", ""},
}

var mimicIIIReleases = []release{
	{"1.4", iiiRows(46520, 58976, 651047, 240095, 61532, 258066, 330712483, 2083180), "has_chartevents_data", "has_ioevents_data"},
	{"demo 1.4", iiiRows(100, 129, 1761, 506, 136, 753, 758355, 0), "has_chartevents_data", "has_ioevents_data"},
}

func iiiRows(patients, admissions, diagnoses, procedures, stays, procedureEvents, chartEvents, notes int64) map[string]int64 {
	rows := map[string]int64{
		"patients": patients, "admissions": admissions, "diagnoses_icd": diagnoses, "procedures_icd": procedures,
		"icustays": stays, "procedureevents_mv": procedureEvents, "chartevents": chartEvents,
	}
	if notes > 0 { // the demo has no notes: those that lie there are the user's, such as synth's
		rows["noteevents"] = notes
	}
	return rows
}

// recognised is the release that most of the files have the rows of, half of them at
// least, so that one whose file is cut is known all the same; zero where none is. has
// says whether admissions has a column.
func recognised(known []release, has func(column string) bool, read map[string]int64) (best release) {
	most := 0
	for _, r := range known {
		if r.has != "" && !has(r.has) || r.lacks != "" && has(r.lacks) {
			continue
		}
		if same, of := r.agreeing(read); same > most && 2*same >= of {
			best, most = r, same
		}
	}
	return best
}

// agreeing counts the files that have as many rows as the release's, of those read.
func (r release) agreeing(read map[string]int64) (same, of int) {
	for name, rows := range r.rows {
		n, here := read[name]
		if here {
			of++
		}
		if here && n == rows {
			same++
		}
	}
	return same, of
}
