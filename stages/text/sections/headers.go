package sections

import "strings"

// effect is what a heading does to the reading of a summary.
type effect uint8

const (
	unlisted   effect = iota
	opens             // begins an admission section
	opensWeak         // begins one after an empty line where the summary has no heading that is not weak
	opensLate         // begins one that stands behind the hospital course
	part              // of an exam: does something only where it is of a later day
	aside             // part of a story, ends every other section
	leaves            // ends the section
	turnsLater        // ends it and the exam: another day's follows
	turnsLast         // ends it, the exam, and what is weak: the end of the stay follows
	course            // ends it; only opensLate may begin another
	ends              // ends it; none may begin
)

// header is what a name in a heading stands for.
type header struct {
	effect  effect
	section Section
}

// opening says whether it is the name of an admission section.
func (h header) opening() bool { return h.effect >= opens && h.effect <= opensLate }

// headers are the known names, in lower case and without the day that they
// speak of: an exam on admission and one at discharge are both exams. No header
// of a discharge summary is a set phrase (mimic-code issue 729), so the list
// holds the variants that public code and threads name. Medications on Admission
// stands behind Brief Hospital Course, hence opensLate. Short words are weak:
// "Exam:" is also a line of the emergency department's story, PE an embolism.
var headerNames = map[header]string{
	{opens, ChiefComplaint}: "chief complaint|chief complaints|presenting complaint|presenting problem|reason for hospitalization|cc reason for admission|reason for admission|chief complaint reason for admission|chief complaint reason for consult",
	{opens, PresentIllness}: "history of present illness|history of presenting illness|present illness|presenting illness|hx of present illness|history of current illness|h p i|hpi|brief hpi|brief history of present illness",
	{opens, MedicalHistory}: "past medical history|medical history|prior medical history|previous medical history|past med history|past medical hx|medical hx|past history|past medical surgical history|past medical history past surgical history|pmh|p m h|pmhx|pmh psh|pmhx pshx|past medical problems",
	{opensLate, MedicationsOnAdmission}: "medications on admission|medication on admission|meds on admission|medications at admission|medications upon admission|medications prior to admission|meds prior to admission|" +
		"admission medications|admission meds|preadmission medications|pre admission medications|preadmission meds|home medications on admission|home meds on admission|medications pta|meds pta",
	{opens, Allergies}:     "allergies|drug allergies|medication allergies|known drug allergies|allergies adverse drug reactions|allergies adverse reactions|allergies adrs",
	{opens, PhysicalExam}:  "physical exam|physical examination",
	{opens, FamilyHistory}: "family history|family hx|family medical history|family psychiatric history|fam hx|fhx",
	{opens, SocialHistory}: "social history|social hx|soc hx|sochx|shx|psychosocial history|social family history|family social history",

	{opensWeak, ChiefComplaint}:         "cc|c c",
	{opensWeak, MedicationsOnAdmission}: "home medications|home meds|medications at home|meds at home|outpatient medications|outpatient meds|current medications|medications|medication|meds",
	{opensWeak, Allergies}:              "allergy",
	{opensWeak, PhysicalExam}:           "physical|phys exam|exam|examination|pe|pex|p e",
	{opensWeak, FamilyHistory}:          "fh|fmh",
	{opensWeak, SocialHistory}:          "sh|social",

	{part, none}: "vitals|vs|vital signs|exam findings",

	{aside, none}: "procedure|procedures|operations|consults|consultations|complications|diagnosis|diagnoses|primary diagnosis|secondary diagnosis|secondary diagnoses|principal diagnosis|primary diagnoses|principal diagnoses|admission date|date of admission|prognosis|plan|impression|code|ros|op note|operative note|operative report|operative findings|procedure note|delivery note|lumbar puncture|cardiac cath|cardiac catheterization|" +
		"medication changes|changes to medications|changes to home medications|changes made to medications|new medications|new meds|medications started|medications stopped|medications held|medications changed",

	{leaves, none}: "name|unit no|discharge date|date of discharge|date of birth|dob|sex|service|attending|attending physician|major surgical or invasive procedure|major surgical or invasive procedures|procedures performed|" +
		"review of systems|assessment|assessment and plan|assessment plan|a p|impression and plan|treatment plan|recommendations|code status|dictated by|signed electronically by|completed by",

	{course, none}: "pertinent results|results|relevant results|laboratory results|pertinent labs|pertinent studies|pertinent lab results|pertinent laboratory data|brief hospital course|hospital course|summary of hospital course|hospital course by problem|hospital course by system|course|bhc|hospital summary|hospitalization summary|summary of hospitalization|" +
		"concise summary of hospital course|hospital course and plan|" +
		"active issues|acute issues|chronic issues|inactive issues|transitional issues|active problems|acute problems|chronic problems|transitions of care",

	{ends, none}: "discharge medications|discharge medication|discharge meds|medications on discharge|meds on discharge|medications at discharge|discharge disposition|disposition|dispo|facility|discharge diagnosis|discharge diagnoses|final diagnosis|final diagnoses|" +
		"condition|discharge condition|discharge instructions|instructions|followup instructions|follow up instructions|followup|follow up|discharge followup|discharge follow up|discharge status|addendum|care recommendations|care and recommendations",
}

// headers are the names one by one.
var headers = index(headerNames)

// index also holds the names without the words that join others.
func index(lists map[header]string) map[string]header {
	byName := map[string]header{}
	add := func(name string, h header) {
		if other, twice := byName[name]; twice && other != h {
			panic("header listed twice: " + name)
		}
		byName[name] = h
	}
	var r reader
	for h, names := range lists {
		for name := range strings.SplitSeq(names, "|") {
			r.cut(name)
			add(name, h)
			for i := range r.words {
				if r.words[i].class != link {
					r.words[i].class = plain
				}
			}
			joined, _ := r.join(r.words, false)
			add(string(joined), h)
		}
	}
	return byName
}
