package sections

import "strings"

// effect is what a header does to the reading of a summary.
type effect int

const (
	opens     effect = iota + 1 // begins an admission section
	opensWeak                   // begins one after an empty line, else a heading inside a section
	opensLate                   // begins one that stands behind the hospital course
	continues                   // a heading inside a section
	leaves                      // ends the section
	course                      // ends it; only opensLate may begin another
	ends                        // ends it; none may begin
)

type header struct {
	effect  effect
	section Section
}

// headers are the known headers, as normalize gives them. No header of a
// discharge summary is a set phrase (mimic-code issue 729), so the list holds
// the variants that public code and threads name. Medications on Admission
// stands behind Brief Hospital Course, hence opensLate. Short words are weak:
// "Exam:" is also a line of the emergency department's story, PE an embolism.
var headers = index(map[header]string{
	{opens, ChiefComplaint}: "chief complaint|chief complaints|presenting complaint|presenting problem|reason for admission|chief complaint reason for admission|chief complaint reason for consult",
	{opens, PresentIllness}: "history of present illness|history of the present illness|history of presenting illness|history present illness|present illness|presenting illness|hx of present illness|hpi|brief hpi|brief history of present illness",
	{opens, MedicalHistory}: "past medical history|medical history|prior medical history|past med history|past medical hx|medical hx|past history|past medical surgical history|past medical and surgical history|past medical history past surgical history|pmh|pmhx|pmh psh|pmhx pshx|past medical problems",
	{opensLate, MedicationsOnAdmission}: "medications on admission|medication on admission|meds on admission|medications at admission|medications upon admission|medications prior to admission|meds prior to admission|" +
		"admission medications|admission meds|preadmission medications|pre admission medications|preadmission meds|home medications on admission|home meds on admission",
	{opens, Allergies}: "allergies|drug allergies|medication allergies|known drug allergies|allergies adverse drug reactions|allergies adverse reactions|allergies and adverse reactions",
	{opens, PhysicalExam}: "physical exam|physical examination|admission physical exam|admission physical examination|admission physical|admission exam|admission examination|admission pe|admit exam|" +
		"physical exam on admission|physical examination on admission|physical exam at admission|physical exam upon admission|physical exam admission|exam on admission|pe on admission|exam upon admission|initial physical exam",
	{opens, FamilyHistory}: "family history|family hx|family medical history|fam hx|fhx",
	{opens, SocialHistory}: "social history|social hx|shx|social family history|social and family history",

	{opensWeak, ChiefComplaint}:         "cc|c c",
	{opensWeak, MedicationsOnAdmission}: "home medications|home meds|medications at home|meds at home|outpatient medications|outpatient meds|current medications|medications|meds",
	{opensWeak, Allergies}:              "allergy",
	{opensWeak, PhysicalExam}:           "physical|exam|examination|pe|initial exam",
	{opensWeak, FamilyHistory}:          "fh",
	{opensWeak, SocialHistory}:          "sh|social",

	{continues, none}: "vs|vitals|vital signs|vital|temp|bp|hr|rr|general|gen|general appearance|constitutional|heent|head|eyes|ears|nose|mouth|throat|ent|oropharynx|op|neck|lymph|lymphatic|lymph nodes|ln|nodes|" +
		"breast|breasts|back|spine|chest|lungs|lung|pulm|pulmonary|resp|respiratory|cv|cor|cardiac|cardiovascular|heart|abd|abdomen|abdominal|gi|gu|genitourinary|pelvic|pelvis|rectal|flank|ext|exts|extr|extremity|extremities|" +
		"msk|musculoskeletal|vascular|pulses|pulse|skin|derm|integument|wound|neuro|neurologic|neurological|neuro exam|neurologic exam|neurological exam|mental status|ms|cn|cranial nerves|motor|sensory|sensation|reflexes|dtrs|coordination|gait|cerebellar|psych|psychiatric|access|lines|" +
		"admission|on admission|vitals on admission|vital signs on admission|admission vitals|admission vs|initial vitals|triage vitals|" +
		"past surgical history|surgical history|psh|pshx|cardiac history|cardiac risk factors|oncologic history|past oncologic history|past psychiatric history|psychiatric history|ob history|past ob history|gyn history|past gyn history|obstetric history|" +
		"on arrival|on arrival to the floor|on arrival to the icu|upon arrival|interval history|of note|" +
		"tobacco|alcohol|etoh|drugs|illicits|illicit drugs|occupation|living situation|marital status|mother|father|brother|sister|siblings|children",

	{leaves, none}: "name|unit no|admission date|discharge date|date of birth|dob|sex|service|attending|discharge summary|major surgical or invasive procedure|major surgical or invasive procedures|procedures performed|" +
		"review of systems|ros|assessment|assessment and plan|a p|impression|plan|code status|medications on transfer|meds on transfer|transfer medications",

	{course, none}: "pertinent results|results|relevant results|laboratory results|pertinent labs|pertinent studies|pertinent lab results|brief hospital course|hospital course|summary of hospital course|hospital course by problem|hospital course by system|course|" +
		"active issues|acute issues|chronic issues|inactive issues|transitional issues|active problems|" +
		"discharge exam|discharge physical exam|discharge physical examination|discharge physical|discharge pe|discharge labs|physical exam on discharge|physical exam at discharge|exam on discharge|exam at discharge|" +
		"transfer exam|transfer physical exam|transfer physical|transfer pe|physical exam on transfer|exam on transfer|pe on transfer",

	{ends, none}: "discharge medications|discharge medication|discharge meds|medications on discharge|meds on discharge|medications at discharge|discharge disposition|disposition|dispo|facility|discharge diagnosis|discharge diagnoses|final diagnosis|final diagnoses|" +
		"discharge condition|condition|condition on discharge|condition at discharge|discharge instructions|instructions|followup instructions|follow up instructions|followup|follow up|discharge followup|discharge follow up|discharge status|addendum",
})

// lateWords end a section in any header that holds one of them: what is not in
// the list but speaks of the stay or its end is not admission text.
var lateWords = []string{
	"course", "discharge", "disch", "dc", "d c", "disposition", "dispo", "follow up", "followup", "instructions",
	"transitional", "hospitalization", "final", "death", "deceased", "expired", "expiration", "pronounced", "autopsy", "post mortem", "postmortem",
}

// early begins the names of headings inside the present illness that would
// else be taken for later ones, such as "ED course notable for".
var early = []string{"ed course", "ed ", "in the ed", "in ed", "emergency department", "in the emergency department"}

// beginnings open a section whatever follows them in the header, such as
// "Physical Exam by system". Late words are looked at first: there are headers
// like "History of present illness and hospital course".
var beginnings = []string{
	"chief complaint", "history of present illness", "history of the present illness", "past medical history",
	"medications on admission", "allergies", "physical exam", "admission physical", "admission exam", "family history", "social history",
}

func index(lists map[header]string) map[string]header {
	byName := map[string]header{}
	for h, names := range lists {
		for name := range strings.SplitSeq(names, "|") {
			if _, twice := byName[name]; twice {
				panic("header listed twice: " + name)
			}
			byName[name] = h
		}
	}
	return byName
}
