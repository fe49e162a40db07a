// Package sections cuts the admission part out of a discharge summary: what was
// known when the patient came, and nothing that was written later.
package sections

import "strings"

// Section is one of the eight admission sections, in the order in which they
// are written out.
type Section int

// The admission sections of CORe (van Aken et al. 2021).
const (
	ChiefComplaint Section = iota
	PresentIllness
	MedicalHistory
	MedicationsOnAdmission
	Allergies
	PhysicalExam
	FamilyHistory
	SocialHistory
	count
	none Section = -1
)

// written are the headers as CORe writes them out, the singular MEDICATION and
// the blank behind the colon included.
var written = [count]string{
	"CHIEF COMPLAINT: ", "PRESENT ILLNESS: ", "MEDICAL HISTORY: ", "MEDICATION ON ADMISSION: ",
	"ALLERGIES: ", "PHYSICAL EXAM: ", "FAMILY HISTORY: ", "SOCIAL HISTORY: ",
}

// String names the section by its header.
func (s Section) String() string { return strings.TrimSuffix(written[s], ": ") }

// Note is the body of each admission section, white space collapsed; a section
// that the summary lacks is empty.
type Note [count]string

// Usable says whether the note tells why the patient came: CORe keeps a note
// with a chief complaint, a present illness or a medical history.
func (n *Note) Usable() bool {
	return n[ChiefComplaint] != "" || n[PresentIllness] != "" || n[MedicalHistory] != ""
}

// Fill takes the sections that n lacks from another note.
func (n *Note) Fill(other Note) {
	for s, body := range other {
		if n[s] == "" {
			n[s] = body
		}
	}
}

// Text writes all eight sections out, empty ones too, a blank line between.
func (n *Note) Text() string {
	var text strings.Builder
	for s, body := range n {
		if s > 0 {
			text.WriteString("\n\n")
		}
		text.WriteString(written[s])
		text.WriteString(body)
	}
	return text.String()
}

// Written reads back the sections of what Text wrote; ok is false where a text is
// something else. Bodies have no line breaks, so that there is one way to read it.
func Written(text string) (n Note, ok bool) {
	lines := strings.Split(text, "\n\n")
	if len(lines) != len(n) {
		return n, false
	}
	for s, line := range lines {
		if n[s], ok = strings.CutPrefix(line, written[s]); !ok {
			return n, false
		}
	}
	return n, true
}
