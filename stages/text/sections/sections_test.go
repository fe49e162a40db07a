package sections

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sentinel stands in every text that must not be in an admission note.
const sentinel = "zqlater"

// summary is written as MIMIC-IV's are: blanks at line ends, " \n" between
// sections, exams of admission and discharge under one header.
const summary = ` 
Name:  ___                     Unit No:   ___
 
Admission Date:  ___              Discharge Date:   ___
 
Date of Birth:  ___             Sex:   F
 
Service: MEDICINE
 
Allergies: 
Penicillins / ___
 
Attending: ___
 
Chief Complaint:
Shortness of breath
 
Major Surgical or Invasive Procedure:
Thoracentesis zqlater
 
History of Present Illness:
___ year old woman with CHF presenting with dyspnea 
and concern for a
PE.
 
In the ED, initial vitals: 98.2 120 
ED course notable for: crackles
Exam: tachycardic
On transfer, vitals were stable
 
Past Medical History:
1. CAD: s/p CABG
 
- HTN
 
Social History:
___
Family History:
Mother: died of MI
 
Physical Exam:
ADMISSION PHYSICAL EXAM:
=======================
Vitals: 98.2 
HEENT: no purulent
discharge from the eyes
 
CV: RRR
 
DISCHARGE PHYSICAL EXAM:
Vitals: zqlater
 
Pertinent Results:
zqlater
Allergies: zqlater
Physical exam: zqlater
 
Brief Hospital Course:
zqlater
Past Medical History:
zqlater
 
Medications on Admission:
The Preadmission Medication list is accurate and complete.
1. Aspirin 81 mg PO DAILY 
 
Discharge Medications:
1. Aspirin zqlater
 
Discharge Disposition:
Home zqlater
Medications on Admission:
zqlater
`

func TestSummary(t *testing.T) {
	want := strings.Join([]string{
		"CHIEF COMPLAINT: Shortness of breath",
		"PRESENT ILLNESS: ___ year old woman with CHF presenting with dyspnea and concern for a PE. In the ED, initial vitals: 98.2 120 ED course notable for: crackles Exam: tachycardic On transfer, vitals were stable",
		"MEDICAL HISTORY: 1. CAD: s/p CABG - HTN",
		"MEDICATION ON ADMISSION: The Preadmission Medication list is accurate and complete. 1. Aspirin 81 mg PO DAILY",
		"ALLERGIES: Penicillins / ___",
		"PHYSICAL EXAM: Vitals: 98.2 HEENT: no purulent discharge from the eyes CV: RRR",
		"FAMILY HISTORY: Mother: died of MI",
		"SOCIAL HISTORY: ___",
	}, "\n\n")
	for name, text := range map[string]string{
		"as it is": summary,
		"CRLF":     strings.ReplaceAll(summary, "\n", "\r\n"),
		"CR":       strings.ReplaceAll(summary, "\n", "\r"),
		"no blank": strings.ReplaceAll(summary, "\n \n", "\n\n"),
		"indented": strings.ReplaceAll(summary, "\n", "\n\t "),
	} {
		note := Parse(text)
		if diff := cmp.Diff(want, note.Text()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestHeaderVariants(t *testing.T) {
	for section, variants := range map[Section][]string{
		ChiefComplaint:         {"Chief Complaint:", "CHIEF COMPLAINT:", "  chief  complaint :", "Chief Complaint", "CC:", "Chief Complaint (per family):", "CC/Reason for Admission:", "Reason for hospitalization:", "Chief Compliant:"},
		PresentIllness:         {"History of Present Illness:", "HISTORY OF PRESENT ILLNESS:", "HPI:", "History of the Present Illness:", "History of Present Illness (HPI):", "History of Present Illness per ICU team:", "H.P.I.:", "History of Current Illness:", "Histroy of Pressent Illness:"},
		MedicalHistory:         {"Past Medical History:", "PMH:", "PMHx:", "MEDICAL HISTORY:", "PMH/PSH:", "Past Medical/Surgical History:", "PAST MEDICAL HISTORY", "Past Medical History (per OMR, confirmed):", "P.M.H.:", "Past Medcial Histoyr"},
		MedicationsOnAdmission: {"Medications on Admission:", "MEDICATIONS ON ADMISSION:", "Meds on admission:", "Admission Medications:", "Pre-Admission Medications:", "Home Medications:", "Meds PTA:", "Medciations on Admision:"},
		Allergies:              {"Allergies:", "ALLERGIES:", "Allergies/Adverse Drug Reactions:", "Allergies"},
		PhysicalExam:           {"Physical Exam:", "PHYSICAL EXAMINATION:", "Physical Exam on Admission:", "PE:", "ADMISSION EXAM:", "== ADMISSION PHYSICAL EXAM ==", "PEx:", "P.E.:", "Phys Exam:", "PHYSICAL EXAMINTION:"},
		FamilyHistory:          {"Family History:", "FAMILY HISTORY:", "FHx:", "FMH:"},
		SocialHistory:          {"Social History:", "SOCIAL HISTORY:", "SHx:", "Social Hx:", "Soc Hx:", "Psychosocial History:", "Family/Social History:"},
	} {
		for _, variant := range variants {
			note := Parse("Service: MEDICINE\n \n" + variant + "\nthe body\n")
			var want Note
			want[section] = "the body"
			if diff := cmp.Diff(want, note); diff != "" {
				t.Errorf("%q: %s", variant, diff)
			}
		}
	}
}

// Whatever begins an exam of a later day inside Physical Exam ends it.
func TestPhysicalExamIsCutAtTheLaterExam(t *testing.T) {
	for _, later := range []string{
		"DISCHARGE PHYSICAL EXAM:", "Discharge:", "DISCHARGE", "On discharge:", "At discharge", "Discharge exam - ", "D/C exam:", "DC PE:", "======DISCHARGE EXAM======",
		"Exam on day of discharge", "Physical exam prior to discharge:", "PE at time of discharge:", "Vitals on discharge:", "DEATH EXAM:", "Exam at time of death:", "Expired:",
		"TRANSFER PHYSICAL EXAM:", "[x] Discharge Exam:", "discharge exam:", "exam on discharge:", "Discharge Physical\nExam:",
	} {
		for _, between := range []string{"\n", "\n \n", "\n\n"} {
			note := Parse("Physical Exam:\nVS: stable" + between + later + "\n" + sentinel + "\n\nCV: " + sentinel)
			if note[PhysicalExam] != "VS: stable" {
				t.Errorf("%q: %q", later, note[PhysicalExam])
			}
		}
	}
}

// The first section with a body counts, and a section ends at headings that
// summaries have, not at any line with a colon behind an empty one.
func TestEndOfSections(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"second of a kind":       {"HPI:\nfirst\n\nPMH:\nx\n\nHPI:\n" + sentinel, "first"},
		"empty, then filled":     {"HPI:\n\nPMH:\nx\n\nHPI:\nsecond", "second"},
		"unknown after empty":    {"HPI:\nfirst\n\nSomething else:\nmore", "first Something else: more"},
		"unknown inside":         {"HPI:\nfirst\nsomething else: more", "first something else: more"},
		"paragraphs":             {"HPI:\nfirst\n\nsecond\n \nthird", "first second third"},
		"combined header":        {"HPI:\nfirst\nHistory of Present Illness and Hospital Course:\n" + sentinel, "first"},
		"course in parentheses":  {"History of Present Illness (and hospital course):\n" + sentinel, ""},
		"header inside a line":   {"HPI: first\nstable.  Discharge Medications: " + sentinel + "\nPMH:\n" + sentinel, "first"},
		"no colon, line goes on": {"HPI: first\nBrief Hospital Course by problem " + sentinel + "\n" + sentinel, "first"},
		"no colon, long line":    {"HPI: first\nDischarge Diagnosis " + strings.Repeat(sentinel+" ", 20), "first"},
		"a sentence":             {"HPI: first.\nFollow up showed no course of action", "first. Follow up showed no course of action"},
		"no header at all":       {"a note\nof prose", ""},
		"a disease's course":     {"HPI:\nfirst\n\nTreatment course:\n" + sentinel + "\n\nAllergies:\nnone\n\nFamily History:\nFather: alive\nDeceased: mother\nPhysical Exam:\nx", "first"},
		"list item":              {"HPI:\nfirst\n\n- and also: more", "first - and also: more"},
	} {
		note := Parse(c.text)
		if note[PresentIllness] != c.want || strings.Contains(note.Text(), sentinel) {
			t.Errorf("%s: %q", name, note.Text())
		}
	}
}

// What ends one section leaves the others as they are.
func TestSectionsStandBesideWhatIsCut(t *testing.T) {
	const cc, course = "Chief Complaint:\ncough\n \n", "\n \nBrief Hospital Course:\n" + sentinel + "\n \n"
	for name, c := range map[string]struct {
		text string
		want Note
	}{
		"two courses in a story": {
			cc + "HPI:\nill\n \nMICU course:\n" + sentinel + "\n \nFloor course:\n" + sentinel + "\n \nPast Medical History:\nnone\n \nPhysical Exam:\npale",
			Note{ChiefComplaint: "cough", PresentIllness: "ill", MedicalHistory: "none", PhysicalExam: "pale"},
		},
		"an admission note in the story": {
			cc + "History of Present Illness:\n======\nADMISSION NOTE\nDATE OF ADMISSION: ___\n======\n \nCHIEF COMPLAINT: fever\n \nHISTORY OF PRESENT ILLNESS:\nill",
			Note{ChiefComplaint: "cough", PresentIllness: "ADMISSION NOTE DATE OF ADMISSION: ___ CHIEF COMPLAINT: fever ill"},
		},
		"a medical history in the story": {
			cc + "HPI:\nill\nPMH: as below\n \nPast Medical History:\nasthma" + course,
			Note{ChiefComplaint: "cough", PresentIllness: "ill", MedicalHistory: "as below asthma"},
		},
		"a medical history of a later day": {
			cc + "PMH: asthma\n \nDischarge exam:\n" + sentinel + "\n \nPast Medical History:\n" + sentinel,
			Note{ChiefComplaint: "cough", MedicalHistory: "asthma"},
		},
		"home medications among those on admission": {
			cc + course + "Medications on Admission:\n \nHome meds:\naspirin\n \nOutpatient medications:\nlasix\n \nMeds on transfer:\n" + sentinel,
			Note{ChiefComplaint: "cough", MedicationsOnAdmission: "aspirin lasix"},
		},
		"a title": {
			"DEATH SUMMARY\n \n" + cc + "HPI:\nill\n \nPhysical Exam:\nGU: scant discharge on exam\nAbd: soft\n \nDEATH EXAM:\n" + sentinel,
			Note{ChiefComplaint: "cough", PresentIllness: "ill", PhysicalExam: "GU: scant discharge on exam Abd: soft"},
		},
		"medications of the ward": {
			cc + course + "Medications on Admission:\naspirin\nInpatient medications:\n" + sentinel,
			Note{ChiefComplaint: "cough", MedicationsOnAdmission: "aspirin"},
		},
		"changes of medications": {
			cc + course + "Medications on Admission:\naspirin\nMedication changes:\n" + sentinel,
			Note{ChiefComplaint: "cough", MedicationsOnAdmission: "aspirin"},
		},
		"a sentence that ends with discharge": {
			cc + "HPI:\nShe wrote down what she was to take after\ndischarge: nothing\nand came back" + course,
			Note{ChiefComplaint: "cough", PresentIllness: "She wrote down what she was to take after discharge: nothing and came back"},
		},
	} {
		if diff := cmp.Diff(c.want, Parse(c.text)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// lateHeadings begin what was written after admission.
var lateHeadings = []string{
	"Pertinent Results", "PERTINENT RESULTS", "Brief Hospital Course", "Hospital Course", "HOSPITAL COURSE BY PROBLEM", "ICU Course", "Transitional Issues", "ACTIVE ISSUES",
	"Discharge Medications", "DISCHARGE MEDICATIONS", "Discharge Meds", "D/C Medications", "Medications on Discharge", "Discharge Disposition", "Discharge Diagnosis", "Discharge Diagnoses",
	"Discharge Condition", "Discharge Instructions", "Followup Instructions", "Follow-up Instructions", "Facility", "Final Diagnosis", "Addendum", "Condition at discharge", "Disposition",
	"Discharge Labs", "Brief Hospital Course (by problem)", "Summary of hospital course", "Cause of death", "Major Surgical or Invasive Procedure",
}

// Sections in any order, with any spacing and any headings inside: no text of
// a later section enters, and no word of an admission section that stands
// before the first later one is lost.
func TestNothingLaterEnters(t *testing.T) {
	early := []string{"Chief Complaint", "HPI", "Past Medical History", "Allergies", "Physical Exam", "Family History", "Social History", "Medications on Admission"}
	inside := []string{"word", "two words", "VS: 98", "\n", "\n\n", "\n \n", "- item: x", "1. item", "Labs: x\n", "___", "in the ED:"}
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		late, terminal := false, false
		kept := map[string]int{}
		for i := range rapid.IntRange(1, 12).Draw(t, "sections") {
			heading := rapid.SampledFrom(append(lateHeadings, early...)).Draw(t, "heading")
			text.WriteString(rapid.SampledFrom([]string{"\n", "\n\n", "\n \n", "\n\t\n", "\r\n\r\n", "\n======\n"}).Draw(t, "gap"))
			text.WriteString(heading + rapid.SampledFrom([]string{":\n", ": ", " :\n", ":\n \n"}).Draw(t, "colon"))
			isEarly := indexOf(early, heading) >= 0
			terminal = terminal || !isEarly
			if isEarly && terminal {
				continue // whether it opens again is another matter
			}
			word := fmt.Sprintf("early%dx", i)
			if !isEarly {
				word, late = sentinel, true
			} else if _, twice := kept[heading]; !twice {
				kept[heading] = i
			}
			text.WriteString(word + " ")
			for range rapid.IntRange(0, 4).Draw(t, "pieces") {
				piece := rapid.SampledFrom(inside).Draw(t, "piece")
				text.WriteString(piece + " ")
				if late {
					text.WriteString(sentinel + "\n" + sentinel)
				}
			}
		}
		note := Parse(text.String())
		if strings.Contains(note.Text(), sentinel) {
			t.Fatalf("from %q came %q", text.String(), note.Text())
		}
		for heading, i := range kept {
			if !strings.Contains(note.Text(), fmt.Sprintf("early%dx", i)) {
				t.Fatalf("%s is lost from %q: %q", heading, text.String(), note.Text())
			}
		}
	})
}

func indexOf(list []string, s string) int {
	for i, have := range list {
		if have == s {
			return i
		}
	}
	return -1
}

func TestUsable(t *testing.T) {
	for section, want := range map[Section]bool{ChiefComplaint: true, PresentIllness: true, MedicalHistory: true, Allergies: false, PhysicalExam: false} {
		var n Note
		n[section] = "x"
		if n.Usable() != want {
			t.Errorf("section %d alone: %v", section, n.Usable())
		}
	}
}

func TestFillTakesOnlyWhatIsLacking(t *testing.T) {
	first, second := Note{ChiefComplaint: "a"}, Note{ChiefComplaint: "b", Allergies: "c"}
	first.Fill(second)
	if diff := cmp.Diff(Note{ChiefComplaint: "a", Allergies: "c"}, first); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(summary)
	f.Add("HPI:(Discharge Medications:\r\n((" + sentinel)
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(text, sentinel, "")
		clean := Parse(text + "\nDischarge Medications:\n")
		note := Parse(text + "\nDischarge Medications:\n" + sentinel + "\nHPI:\n" + sentinel)
		if diff := cmp.Diff(clean, note); diff != "" {
			t.Error(diff)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(summary)))
	for b.Loop() {
		Parse(summary)
	}
}

// What Text writes is read back as it was, whatever the bodies hold; what it did not
// write is not read.
func TestWrittenSectionsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want Note
		for s := range want {
			want[s] = strings.Join(strings.Fields(rapid.SampledFrom([]string{"", "ill", "ALLERGIES: none", rapid.String().Draw(t, "text")}).Draw(t, "body")), " ")
		}
		if got, ok := Written(want.Text()); !ok || got != want {
			t.Fatalf("the sections are not read back: %v", ok)
		}
	})
	whole := (&Note{}).Text()
	for _, text := range []string{"", "ill", whole + "\n\nPLAN: none", whole[1:], strings.TrimSuffix(whole, "\n\nSOCIAL HISTORY: ")} {
		if _, ok := Written(text); ok {
			t.Errorf("%q is read as written by Text", text)
		}
	}
}
