package synth

import (
	"strconv"
	"strings"
)

// discharge appends the discharge summary of an admission in the section order
// of the real ones. Only the sections that the admission is known by hold the
// signal; later ones hold what happened, and sentinel words.
func (n *note) discharge(a *admission, canary string, everywhere bool) []byte {
	n.head(a)
	n.section("Allergies: ").line("allergy")
	n.section("Attending: ___.")
	n.section("Chief Complaint:").line("chief")
	n.section("Major Surgical or Invasive Procedure:").line("procedure").write("\n")
	n.presentIllness()
	n.background(canary, everywhere)
	n.physicalExam()
	n.results(canary)
	n.hospitalCourse()
	n.section("Medications on Admission:").numbered("medication", 3, 9)
	n.section("Discharge Medications:").numberedMix("discharge_medication", "medication", 2, 8)
	n.section("Discharge Disposition:").line("disposition")
	if n.levels[outcome] == 1 {
		n.section("Facility:").write("___\n")
	}
	n.dischargeDiagnosis(a)
	n.section("Discharge Condition:").line("condition")
	n.section("Discharge Instructions:").prose("instructions")
	n.section("Followup Instructions:").line("followup").write("___\n")
	return n.finish()
}

var serviceNames = map[string]string{"MED": "MEDICINE", "CMED": "MEDICINE", "NMED": "NEUROLOGY", "ORTHO": "ORTHOPAEDICS"}

func (n *note) head(a *admission) {
	n.write(" \nName:  ___                     Unit No:   ___\n")
	n.section("Admission Date:  ___              Discharge Date:   ___")
	n.section("Date of Birth:  ___             Sex:   " + genderOf(a.factors))
	n.section("Service: " + serviceNames[a.service])
}

func (n *note) presentIllness() {
	n.section("History of Present Illness:")
	first := []string{"history"}
	first = n.some(first, "hpi.more", 2, 5)
	first = append(first, "hpi.recap")
	n.prose(first...)
	if n.chance(0.3) { // a second paragraph
		n.write(n.gap).prose(n.some(nil, "hpi.more", 1, 3)...)
	}
	if n.chance(0.2) {
		n.section("Review of Systems:").prose("hpi.more")
	}
}

func (n *note) background(canary string, everywhere bool) {
	n.section("Past Medical History:")
	rules := []string{"past", "past.lung"}
	for i, name := range n.some(rules, "past.other", 1, 6) {
		n.text = append(strconv.AppendInt(n.text, int64(i+1), 10), ". "...)
		n.line(name)
	}
	// No line parts social from family history in most real notes.
	n.section("Social History:").line("social")
	n.write("Family History:\n").prose("family")
	if everywhere {
		n.write(canary).write("\n")
	}
}

// Ways of parting the exam on admission from that on discharge. A note with the
// first empty has no discharge exam.
var examHeadings = [][2]string{
	{"", ""}, {"", ""},
	{"ADMISSION PHYSICAL EXAM:", "DISCHARGE PHYSICAL EXAM:"},
	{"ADMISSION EXAM:", "DISCHARGE EXAM:"},
	{"Admission Physical Exam:", "Discharge Physical Exam:"},
	{"On admission:", "On discharge:"},
	{"ADMISSION:", "DISCHARGE:"},
	{"PHYSICAL EXAM ON ADMISSION:", "PHYSICAL EXAM ON DISCHARGE:"},
}

func (n *note) physicalExam() {
	headings := examHeadings[n.random.IntN(len(examHeadings))]
	n.section("Physical Exam:")
	if headings[0] != "" {
		n.write(headings[0]).write("\n")
	}
	n.rule("vitals").write(" ").line("saturation")
	n.line("exam.general").line("exam.lungs")
	for range between(n.random, 2, 7) {
		n.line("exam.other")
	}
	if headings[1] != "" {
		n.write(n.gap).write(headings[1]).write("\n").line("discharge_exam").line("exam.other")
	}
}

func (n *note) results(canary string) {
	n.section("Pertinent Results:")
	for range between(n.random, 2, 8) {
		n.line("results.line")
	}
	n.prose("results.imaging").write(canary).write("\n")
}

func (n *note) hospitalCourse() {
	n.section("Brief Hospital Course:").prose("course.open").write(n.gap)
	n.prose("course.issue")
	for range between(n.random, 2, 5) {
		n.prose("course.support")
	}
	n.write(n.gap).prose("course.close")
}

// numberedMix is numbered with a first line of another rule.
func (n *note) numberedMix(first, rest string, lo, hi int) {
	n.write("1. ").line(first)
	for i := range between(n.random, lo, hi) {
		n.text = append(strconv.AppendInt(n.text, int64(i+2), 10), ". "...)
		n.line(rest)
	}
}

func (n *note) dischargeDiagnosis(a *admission) {
	n.section("Discharge Diagnosis:").write("PRIMARY: ").rule("diagnosis.primary").write(", ").line("sentinel.discharge_diagnosis")
	if len(a.diagnoses) > 0 {
		n.write("SECONDARY: \n")
	}
	for _, d := range a.diagnoses[:min(4, len(a.diagnoses))] {
		n.write(strings.ToUpper(d.name[:1]) + d.name[1:]).write("\n")
	}
}

// addendum appends the text of an addendum to a discharge summary.
func (n *note) addendum(a *admission, canary string) []byte {
	n.head(a)
	n.section("Addendum:").prose("addendum").write(canary).write("\n")
	n.section("Discharge Disposition:").line("disposition")
	return n.finish()
}
