package synth

// deathQuirks are mentions of a death. CORe takes them out of the physical exam and
// the medication on admission, once a section, and drops a text that still has one.
var deathQuirks = []noteQuirk{
	{"exam_says_died", func(d *dossier) bool { return d.insert("Physical Exam:", d.died()) }},
	{"exam_says_died_twice", func(d *dossier) bool { return d.insert("Physical Exam:", d.died()+" and later"+d.died()) }},
	{"exam_says_died_without_a_subject", func(d *dossier) bool { return d.insert("Physical Exam:", " found deceased") }},
	{"medication_says_died", func(d *dossier) bool { return d.insert("Medications on Admission:", d.died()) }},
	{"both_say_died", func(d *dossier) bool {
		return d.insert("Physical Exam:", d.died()) && d.insert("Medications on Admission:", d.died())
	}},
	{"illness_says_died", func(d *dossier) bool { return d.insert("History of Present Illness:", d.died()) }},
	{"complaint_says_died", func(d *dossier) bool { return d.insert("Chief Complaint:", d.died()) }},
	{"illness_says_died_over_lines", func(d *dossier) bool { return d.insert("History of Present Illness:", " the patient\nhas\ndied") }},
	{"illness_says_died_with_two_blanks", func(d *dossier) bool { return d.insert("History of Present Illness:", " the patient has  died") }},
	{"illness_says_died_with_a_no_break_space", func(d *dossier) bool { return d.insert("History of Present Illness:", " the patient\u00a0died") }},
	{"exam_heading_in_the_illness", func(d *dossier) bool { return d.insert("History of Present Illness:", " on physical exam: pt expired") }},
	{"outpatient_died", func(d *dossier) bool { return d.insert("Social History:", " a fellow outpatient died") }},
	{"father_died", func(d *dossier) bool {
		return d.insert("Family History:", " father died of a stroke, mother is deceased")
	}},
	{"he_expired", func(d *dossier) bool {
		return d.insert("Past Medical History:", [...]string{" before He expired", " until she expired", " the expired drugs"}[d.turn%3])
	}},
	{"pronounced_expired", func(d *dossier) bool { return d.insert("Family History:", " was Pronounced Expired at noon") }},
	{"time_of_death", func(d *dossier) bool { return d.insert("Chief Complaint:", " Time of death unknown") }},
	{"course_says_died", func(d *dossier) bool { return d.insert("Brief Hospital Course:", d.died()) }},
}

// deaths are the ways of saying so that CORe looks for.
var deaths = []string{
	" patient expired", " pt died", " Patient had passed away", " Pt has deceased", " PT HAD EXPIRED", " patient has died", " pt passed away", " patient\tdeceased",
}

func (d *dossier) died() string { return deaths[d.turn%len(deaths)] }

// insert puts words after a heading, on its line.
func (d *dossier) insert(heading, words string) bool { return d.replace(heading, heading+words+".") }
