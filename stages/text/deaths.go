package text

import (
	"regexp"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/stages/text/sections"
)

// The phrases by which CORe finds notes that tell of the patient's death
// (bvanaken/clinical-outcome-prediction since September 2021).
const (
	// pythonSpace is what \s is in Python; in Go it is white space of ASCII alone.
	pythonSpace = `[\s\v\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]`
	diedPhrase  = pythonSpace + `+(?:(?:had|has)` + pythonSpace + `)?(?:expired|died|passed away|deceased)`
)

var (
	// someoneDied needs no subject: exams and medication lists are about the
	// patient.
	someoneDied = regexp.MustCompile(`(?i)(?:patient|pt)?` + diedPhrase)
	// diedBehindHeader is CORe's own expression: the header may stand anywhere in the
	// text, as in the story of the present illness, and the blanks in front of the
	// phrase's subject stay.
	diedBehindHeader = regexp.MustCompile(`(?i)((?:PHYSICAL EXAM|MEDICATION ON ADMISSION):[^\n]*?)(?:patient|pt)?` + diedPhrase)
	// patientDied has no word boundary in front, as in CORe.
	patientDied = regexp.MustCompile(`(?i)(?:patient|pt)` + diedPhrase)
	deathNoted  = regexp.MustCompile(`(?i)he expired|pronounced expired|time of death`)
)

// deathWords are in everything that the expressions match; looking for them
// first spares most notes the expressions, which cost more than all else.
var deathWords = []string{"expired", "died", "passed away", "deceased", "time of death"}

func speaksOfDeath(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(deathWords, func(word string) bool { return strings.Contains(text, word) })
}

// withoutDeath deletes the first phrase of a death from the physical exam and
// from the medications on admission.
func withoutDeath(note sections.Note) sections.Note {
	for _, s := range []sections.Section{sections.PhysicalExam, sections.MedicationsOnAdmission} {
		if !speaksOfDeath(note[s]) {
			continue
		}
		// A phrase begins with white space; in front of a body the header has it.
		body := " " + note[s]
		if at := someoneDied.FindStringIndex(body); at != nil {
			note[s] = strings.TrimSpace(body[:at[0]] + body[at[1]:])
		}
	}
	return note
}

// tellsDeath says whether the written note still tells of the patient's death.
func tellsDeath(text string) bool {
	return speaksOfDeath(text) && (patientDied.MatchString(text) || deathNoted.MatchString(text))
}
