package sections

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// laterExams begin an exam that is not that of admission.
var laterExams = []string{
	"Physical Exam (day of discharge):", "PHYSICAL EXAM (DISCHARGE):", "Exam (at time of death):", "Physical Exam (Discharge)", "PE (discharge):",
	"Physical Examination (D/C):", "Physical exam ___ (day of discharge):", "Exam on POD 2:", "POD#3 exam:", "Exam on hospital day 5:", "HD#5:",
	"Physical exam at the time of passing:", "PHYSICAL EXAM PRIOR TO TRANSFER OUT:", "Callout exam:", "ICU transfer exam:", "Exam on callout from MICU:",
	"Post-extubation exam:", "Exam after extubation:", "Exam on post-op day 2:", "Exam at end of stay:", "Exam the morning of discharge", "Exam prior to going home:",
	"Exam at time of demise:", "Exam at time of expiration:", "Day of death:", "Pre-discharge exam:", "D/C exam", "D/C'd exam:", "Dispo exam:", "Exam by 2nd day:", "HD 2",
	"HD2:", "POD1", "POD1:", "hospital day #5", "Day 3 exam:", "Repeat exam:", "Interval exam:", "Physical Exam ___ (discharge)", "Discharge Vitals", "Discharge Vitals:",
	"Vitals at discharge:", "Labs on discharge:", "** DISCHARGE EXAM **", "# Discharge exam", "== Discharge Exam ==", "— Discharge exam —", "–Discharge exam:",
	"•Discharge exam:", "____ Discharge Exam ____", "Physical exam upon transfer to MICU:", "Exam on transfer to floor:",
	"Physical exam at time of transfer to medical floor:", "Post surgical physical exam:", "Death exam:", "Exam at death:", "Expiration exam:",
	"Physical Exam on the day of discharge from the hospital to rehab facility:", "Status at discharge:", "Postoperative day 1 exam:", "Postoperative exam:",
	"Exam on 3rd hospital day:", "Exam on the second hospital day:", "HOSPITAL DAY TWO:", "ICU day 3 exam:", "Physical exam on HD 4", "Exam 24 hours after admission:",
	"Exam 2 days later:", "Later exam:", "Follow-up exam:", "Next day exam:", "Next morning:", "Overnight exam:", "Exam on hospital day ___:", "Final exam:", "Last exam:",
	"Most recent exam:", "Exam at last day:", "Exam on leaving:", "Exam on AMA:", "Exam before leaving AMA:", "Exam at time of dc", "dc pe", "D/C PE", "(discharge):",
	"[discharge]", "(Day of Discharge)", "Vitals (discharge):", "Gen (at discharge): well", "On day of d/c:", "At d/c:", "At time of d/c", "Exam on d/c:",
	"Exam at hospital discharge:", "Hospital discharge exam:", "Discharge day exam:", "Discharge Day #5:", "Transfer out exam:", "Exam upon call-out:",
	"Exam at ICU callout:", "MICU callout PE:", "Terminal extubation exam:", "Exam after code:", "Exam post-code:", "Exam at CMO:", "Exam when made CMO:",
	"Exam on rounds:", "Re-exam:", "Reexamination:", "Recheck:", "Updated exam:", "Exam at the end of hospitalization:", "End of hospitalization exam:",
	"Exam during hospital stay:", "Exam on stepdown:", "Pronouncement:", "Death pronouncement exam:", "Exam at pronouncement:",
	"Physical Exam at Discharge", "PHYSICAL EXAM AT DISCHARGE", "Physical Exam - Discharge:", "Physical Exam/Discharge:", "Physical Exam, discharge:",
	"Physical Exam -- at d/c:", "Physical Exam; discharge", "Physical Exam discharge VSS", "Exam on discharge VSS", "VSS. On discharge: well", "Exam at time of d/c: AVSS",
	"Wt at discharge:", "Discharge weight: 80", "Discharge wt: 80", "Neuro exam on discharge:", "Discharge neuro exam:", "Neuro exam POD2:", "POD #2 neuro exam:",
	"Exam at 1 week:", "Week 2 exam:", "Day 2:", "Day #2:", "Hospital course:", "Day of transfer:", "Transfer day exam:", "Exam 2/2 - discharge:", "Exam (HD 3):",
	"Exam (POD#1):", "Exam (hospital day 3):", "Physical Exam (POD # 4):", "Physical Exam (HD10):", "Exam (transfer):", "Exam (on transfer to floor):", "Exam (post-op):",
	"Exam (after intubation):", "Exam (before discharge):", "Exam (upon discharge):", "Exam (expired):", "Exam (deceased):", "Exam (last):", "Exam (final):",
	"Exam (repeat):", "DCPE:", "Post-partum:", "DOL 12 exam:", "Day of life 30:", "Code exam:", "24 HR EVENTS:", "Interval events:", "Overnight events:",
	"Concise Summary of Hospital Course by Issue/System:", "Transitions of care:", "Eyes at discharge:", "Lungs clear at discharge", "PBD 7:",
}

// Whatever a heading says of the day, and wherever in it, is looked at before it
// is dropped: behind the exam of admission, without one, without a name.
func TestExamOfALaterDayIsLeftOut(t *testing.T) {
	for _, later := range laterExams {
		for _, marked := range []string{"%s", "== %s ==", "** %s **", "# %s", "- %s", "_%s_", "\u2014 %s", "\u2022 %s", "[x] %s", "%s  ", "%s\n====="} {
			for name, before := range map[string]string{"after an empty line": "lungs clear\n \n", "without one": "lungs clear\n", "at once": ""} {
				text := "Physical Exam:\n" + before + fmt.Sprintf(marked, later) + "\n" + sentinel + "\n\nCV: " + sentinel + "\n \nExam:\n" + sentinel
				if note := Parse(text); note[PhysicalExam] != strings.TrimSpace(before) {
					t.Errorf("%s: %q: %q", name, text, note[PhysicalExam])
				}
			}
		}
	}
}

// dated are headings of an exam that name a day or a ward: with an exam before
// them they begin another, without one they may begin that of admission.
var dated = []string{
	"Physical Exam 2180-05-07:", "Exam [date]:", "Exam [**2180-5-7**]:", "Physical Exam ___:", "Exam 5/7:", "Exam on 5/7/2180 at 10:30:", "Second exam:", "Exam #2:", "2nd exam:", "Evening exam:", "AM exam:",
	"Exam on Monday:", "Exam on May 7:", "Exam today:", "MICU exam:", "Floor exam:", "Exam on floor:", "Exam (5/7):",
}

func TestExamOfAnotherDayIsLeftOut(t *testing.T) {
	for _, heading := range dated {
		note := Parse("Physical Exam:\nlungs clear\n\n" + heading + "\n" + sentinel)
		if note[PhysicalExam] != "lungs clear" {
			t.Errorf("%q: %q", heading, note[PhysicalExam])
		}
		note = Parse("Physical Exam:\n\n" + heading + "\nlungs clear")
		if note[PhysicalExam] != "lungs clear" {
			t.Errorf("%q, the first: %q", heading, note[PhysicalExam])
		}
	}
}

// A second exam is another day's unless it says otherwise or follows vital signs
// alone; that of one region belongs to the first.
func TestSecondExamIsLeftOut(t *testing.T) {
	for _, heading := range []string{
		"Physical Exam:", "PHYSICAL EXAMINATION", "Exam:", "PE:", "Physical Examniation:", "Exam now:",
		"Exam on hospice:", "Exam at cardiac arrest:", "Exam off sedation:", "Exam while intubated:", "Neuro exam on propofol:",
	} {
		for before, want := range map[string]string{
			"VS: 98.1\nlungs clear\n":                                     "VS: 98.1 lungs clear",
			"Neuro exam: intact\n\n":                                      "Neuro exam: intact",
			"lungs clear\nADMISSION EXAM:\nwell\nNeurologic exam:\nx\n\n": "lungs clear well Neurologic exam: x",
			"when he spoke after the\nexamination\n":                      "when he spoke after the examination",
		} {
			note := Parse("Physical Exam:\n" + before + heading + "\n" + sentinel + "\n\nAbd: " + sentinel)
			if note[PhysicalExam] != want {
				t.Errorf("%q: %q", heading, note[PhysicalExam])
			}
		}
	}
	for _, between := range []string{"VS: 98.1\n", "Vitals: 98.1\n \n"} {
		if note := Parse("Physical Exam:\n" + between + "Exam:\nlungs clear"); !strings.HasSuffix(note[PhysicalExam], "lungs clear") {
			t.Errorf("an exam behind its vital signs: %q", note[PhysicalExam])
		}
	}
}

// Results end the exam and are part of a story.
func TestResultsBehindTheExam(t *testing.T) {
	for _, heading := range []string{"TTE:", "Urine culture:", "RUQ US:", "Cardiac cath:", "Relevant labs:", "EEG:", "Test results:", "Operative report:", "Primary diagnoses:"} {
		note := Parse("HPI:\nill\n\n" + heading + "\nfirst\n \nPhysical Exam:\nlungs clear\n" + heading + "\n" + sentinel)
		want := Note{PresentIllness: "ill " + heading + " first", PhysicalExam: "lungs clear"}
		if diff := cmp.Diff(want, note); diff != "" {
			t.Errorf("%q: %s", heading, diff)
		}
	}
}

// The same holds for all sections.
func TestSectionOfALaterDayIsLeftOut(t *testing.T) {
	for _, name := range []string{"Home Medications", "Medications", "Meds", "Allergies", "Past Medical History", "Social History", "Family History", "Chief Complaint", "HPI", "History of Present Illness", "Physical Exam", "PE", "Medications on Admission"} {
		for _, later := range []string{"%s (discharge):", "%s (day of discharge)", "%s at d/c:", "%s [at discharge]:", "Discharge %s:", "%s on hospital day 5:", "%s (HD#5):", "%s, POD 3:", "%s - at time of death:", "%s prior to discharge", "D/C %s:", "%s (per OMR, on discharge):", "%s on transfer to the floor:"} {
			text := "Service: MEDICINE\n \n" + fmt.Sprintf(later, name) + "\n" + sentinel + "\n \nSomething: " + sentinel
			if note := Parse(text); note != (Note{}) {
				t.Errorf("%q: %q", text, note.Text())
			}
		}
	}
}

// ofAdmission are headings of the exam at admission.
var ofAdmission = []string{
	"Exam on admission:", "Exam (admission):", "ADMISSION EXAM:", "Admission exam", "Physical exam on hospital day 1:", "Physical Exam (HD#1):", "Physical exam POD 0:", "Physical Exam on day of admission:", "Physical Exam on arrival:",
	"Physical exam on transfer from OSH:", "Physical Exam on transfer from the ED:", "Physical exam at discharge from OSH:", "Physical Exam (per ICU team):", "Admission exam (MICU):", "Admission to inpatient hospice exam:",
}

func TestExamOfAdmissionStays(t *testing.T) {
	for _, heading := range ofAdmission {
		note := Parse("Family History:\nnone\n \nPhysical Exam:\n" + heading + "\nlungs clear\n \nDISCHARGE EXAM:\n" + sentinel)
		if !strings.HasSuffix(note[PhysicalExam], "lungs clear") {
			t.Errorf("%q: %q", heading, note[PhysicalExam])
		}
	}
	note := Parse("Physical Exam:\nDischarge exam:\n" + sentinel + "\n\nAdmission exam:\nlungs clear\n\nDischarge:\n" + sentinel)
	if note[PhysicalExam] != "lungs clear" {
		t.Errorf("exam of admission behind that of discharge: %q", note[PhysicalExam])
	}
}

// storyLines are lines of a present illness, in the emergency department or of an
// earlier stay.
func TestStoryGoesOn(t *testing.T) {
	for _, line := range []string{
		"Labs notable for:", "In the ED, initial vitals:", "On arrival to the floor, pt reports:", "PSH:", "Exam:", "Exam notable for:", "On transfer:", "Vitals on transfer:",
		"VS prior to transfer:", "On transfer to the floor:", "Transfer from OSH:", "On transfer from ED:", "On arrival:", "At discharge from OSH she was well:",
		"At discharge from OSH:", "At discharge from OSH she was well", "discharge", "Vaginal discharge:", "No discharge:", "OSH course:", "Hospital course at OSH:",
		"OSH hospital course:", "ED course:", "Course in the ED:", "Last discharge:", "Since discharge:", "Prior hospitalization:", "- Plan:", "- Labs:", "Labs:", "EKG:",
		"Consults:", "Meds:", "Medications:", "Past medical history notable for:", "Physical exam was notable for:", "Of note:", "Interval history:", "Day 3:", "HD:",
		"HD TTS:", "Tobacco:", "Upon interview:", "Cardiac History:", "In ED:", "Emergency department course:", "On admission:", "Admission labs:", "HD 1:", "POD 0:",
		"Day of admission:", "Repeat exam:", "Repeat vitals:", "Initial exam:", "On discharge from outside hospital,", "Discharge summary from OSH notes", "Prenatal course:", "Previous hospital course:", "ROS:", "Summary:",
		"Pertinent labs on arrival:", "Discharge medications included", "Discharge weight was", "Admission date:", "Medication changes:", "Events leading to admission:",
	} {
		for section, heading := range map[Section]string{PresentIllness: "History of Present Illness:", MedicalHistory: "Past Medical History:"} {
			for _, gap := range []string{"\n", "\n\n", "\n \n"} {
				note := Parse(heading + "\nfever" + gap + line + " chills\nand cough" + gap + "He came in\n \nPhysical Exam:\nlungs clear\n \nMedications on Admission:\naspirin\n")
				want := Note{PhysicalExam: "lungs clear", MedicationsOnAdmission: "aspirin"}
				want[section] = "fever " + line + " chills and cough He came in"
				if diff := cmp.Diff(want, note); diff != "" {
					t.Errorf("%q: %s", line, diff)
				}
			}
		}
	}
}
