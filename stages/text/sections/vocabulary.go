package sections

import "strings"

// class is what a word tells of the day that a heading speaks of.
type class uint8

const (
	plain     class = iota // part of the name
	link                   // joins other words: on, at, of
	to                     // a link that leads away: a transfer to another hospital
	number                 // digits, or a number in letters
	removed                // ___, which stands where a date or a name was taken out
	date                   // a month, a weekday, a time of day
	exam                   // part of the name: what is looked at again on later days
	result                 // part of the name: a test or its result
	prose                  // of a sentence, not of a heading
	arrival                // the day of admission, also of one to the emergency department
	admitted               // the day of admission
	again                  // one more of a kind
	house                  // a ward or unit of this hospital
	outside                // where the patient was before
	earlier                // an earlier stay
	fluid                  // a discharge from the body
	operation              // after it a later day
	moved                  // a change of ward, or of treatment, during the stay
	after                  // post, after
	day                    // counts days: of what, the word before it says
	hospital               // hospital day, hospital stay
	stayDay                // HD: counted from 1, the day of admission
	operated               // POD: counted from 0, the day of operation
	delivered              // PPD: counted from 0, but also packs a day
	ending                 // end, during
	visit                  // stay, hospitalization
	late                   // part of the name: of the stay or what follows it
	left                   // discharge, death
	classes
)

// unnamed are the classes that are not part of a heading's name.
var unnamed = [classes]bool{
	link: true, to: true, number: true, removed: true, date: true, arrival: true, admitted: true, again: true, house: true,
	operation: true, moved: true, after: true, earlier: true, day: true, hospital: true, visit: true, stayDay: true, operated: true, delivered: true, ending: true, left: true,
}

// vocabulary holds the words that are not plain. Words like discharge are left
// too, see misspelled.
var vocabulary = spread(map[class]string{
	link: "on at upon in of as the a an by before for with and from this her his their st nd rd th pre " +
		"num around about when immediately just while out made being most number life",
	to:     "to",
	number: "zero one first two second three third four fourth five fifth six sixth seven seventh eight eighth nine ninth ten tenth",
	date:   "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday am pm today now current time date dated morning evening night afternoon hour hours hr hrs moment point",
	exam:   "exam exams examination physical pe pex vitals vs signs check",
	result: "lab labs diagnostic laboratory laboratories studies imaging radiology radiographs microbiology micro pathology data ekg ecg cxr ct mri echo " +
		"tte tee echocardiogram eeg cta ultrasound us egd colonoscopy culture cultures ua urinalysis csf path biopsy diagnostics results radiologic",
	prose:     "was were is are has had showed shows shown revealed reveals revealing demonstrated notable significant remarkable unremarkable positive negative includes included reported reports denies",
	arrival:   "presentation presenting presented arrival arriving arrived intake initial preop preoperative triage",
	admitted:  "admission admit admitted admitting preadmission",
	again:     "repeat repeated interval interim subsequent subsequently updated latest re next rounds week weeks month months",
	house:     "inpatient icu micu sicu ccu cvicu tsicu ticu nicu floor floors ward wards unit",
	outside:   "osh ed er ems ambulance clinic pcp snf",
	earlier:   "prior last previous recent since prenatal pregnancy",
	fluid:     "no vaginal purulent nasal urethral penile nipple ocular eye eyes ear serous serosanguinous bloody without any clear foul yellow green white brown malodorous rectal mucous mucopurulent scant minimal physiologic thick thin copious drainage",
	operation: "op operation operative operatively surgery procedure delivery intubation cath catheterization",
	moved: "transfer transferred transferring return returned readmission readmitted extubation extubated decannulation stepdown pacu later overnight " +
		"reexam reexamination recheck reassessment reevaluation cmo comfort",
	after:     "after post following postop postoperative postprocedure postsurgical postpartum postoperatively",
	day:       "day days",
	hospital:  "hospital hosp",
	stayDay:   "hd hod dol",
	operated:  "pod pbd",
	delivered: "ppd",
	ending:    "end during throughout conclusion completion",
	visit:     "stay hospitalization hospitalisation",
	late:      "course followup instructions disposition dispo transitional",
	left:      "dc dced dcpe dpe final death dead demise deceased expired expiration expiring died dying pronounced pronouncement autopsy postmortem departure leaving predischarge ama callout dod tod signout handoff",
})

// pairs are words that have another class one after the other. The first of a
// pair is left out of the name, but for follow up.
var pairs = map[string]class{
	"d c": left, "discharge summary": plain, "death summary": plain, "expiration summary": plain, "going home": left, "go home": left, "gone home": left, "sent home": left, "passed away": left, "passing away": left, "post mortem": left,
	"of passing": left, "last day": left, "follow up": late, "call out": left, "called out": left, "step down": moved, "status post": after, "prior to": link,
	"terminal extubation": left, "post surgical": after, "terminal exam": left, "sign out": left, "s p": after, "h d": stayDay, "patient passing": left, "pt passing": left, "her passing": left, "his passing": left,
	"post partum": after, "code exam": moved, "arrest exam": moved, "hr events": late, "hour events": late, "hours events": late, "overnight events": late, "interval events": late, "events overnight": late,
	"emergency department": outside, "emergency dept": outside, "emergency room": outside, "emergency ward": outside, "outside hospital": outside, "outside facility": outside, "another hospital": outside,
	"other hospital": outside, "referring hospital": outside, "osh hospital": outside, "urgent care": outside,
}

// ordinals are the numbers in letters. From two on only that it is not the first
// day counts.
var ordinals = map[string]int{"zero": 0, "one": 1, "first": 1, "two": 2, "second": 2, "three": 3, "third": 3, "four": 4, "fourth": 4, "five": 5, "fifth": 5, "six": 6, "sixth": 6, "seven": 7, "seventh": 7, "eight": 8, "eighth": 8, "nine": 9, "ninth": 9, "ten": 10, "tenth": 10}

// entry is what is known of a word.
type entry struct {
	class    class
	pairs    bool // is the first of a pair
	heads    bool // is the first of a header
	finishes bool // is the last of a header
}

func spread(lists map[class]string) map[string]entry {
	byWord := map[string]entry{}
	for c, words := range lists {
		for word := range strings.FieldsSeq(words) {
			if _, twice := byWord[word]; twice {
				panic("word listed twice: " + word)
			}
			byWord[word] = entry{class: c}
		}
	}
	for pair := range pairs {
		word, _, _ := strings.Cut(pair, " ")
		e := byWord[word]
		e.pairs = true
		byWord[word] = e
	}
	for _, names := range headerNames {
		for name := range strings.SplitSeq(names, "|") {
			words := strings.Fields(name)
			e := byWord[words[0]]
			e.heads = true
			byWord[words[0]] = e
			e = byWord[words[len(words)-1]]
			e.finishes = true
			byWord[words[len(words)-1]] = e
		}
	}
	return byWord
}
