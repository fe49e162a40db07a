package before_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// afterwards stands in every part of a summary that was written after admission.
const afterwards = "zqlater"

// discharged is laid out as MIMIC-IV's summaries: a blank in empty lines, a
// present illness, a history and an exam of several paragraphs, and the exam of
// the last day behind that of the first.
const discharged = ` 
Name:  ___                     Unit No:   ___
 
Admission Date:  ___              Discharge Date:   ___
 
Service: MEDICINE
 
Allergies: 
sulfa
 
Attending: ___.
 
Chief Complaint:
jaundice 
 
Major Surgical or Invasive Procedure:
paracentesis zqlater

 
History of Present Illness:
___ year old with hepatitis (MELD: 20), sent by a clinic.  In the 
ED initial vitals were: 98.4 90 110/70. 

Labs notable for: bilirubin 9.

Patient was given: albumin.

On arrival to the floor, pt reports: itching.
 
Past Medical History:
1. Hepatitis 
2. Gout: on allopurinol 

PSH:
- hernia repair
 
Social History:
___
Family History:
Father with gout. Mother: asthma.
 
Physical Exam:
ADMISSION PHYSICAL EXAM:
========================
VS: 98.4 90 

General: yellow  

Abd: fluid wave

%s
zqlater

Abd: soft zqlater
 
Pertinent Results:
zqlater
 
Brief Hospital Course:
zqlater

# Hepatitis: zqlater

Medications on Admission:
The Preadmission Medication list is accurate and complete.
1. Allopurinol 100 mg PO DAILY 

2. Note: no aspirin
 
Discharge Medications:
1. Prednisone zqlater
 
Discharge Disposition:
Home zqlater
 
Discharge Condition:
Mental Status: zqlater
`

const dischargedText = "CHIEF COMPLAINT: jaundice\n\n" +
	"PRESENT ILLNESS: ___ year old with hepatitis (MELD: 20), sent by a clinic. In the ED initial vitals were: 98.4 90 110/70. " +
	"Labs notable for: bilirubin 9. Patient was given: albumin. On arrival to the floor, pt reports: itching.\n\n" +
	"MEDICAL HISTORY: 1. Hepatitis 2. Gout: on allopurinol PSH: - hernia repair\n\n" +
	"MEDICATION ON ADMISSION: The Preadmission Medication list is accurate and complete. 1. Allopurinol 100 mg PO DAILY 2. Note: no aspirin\n\n" +
	"ALLERGIES: sulfa\n\nPHYSICAL EXAM: VS: 98.4 90 General: yellow Abd: fluid wave\n\n" +
	"FAMILY HISTORY: Father with gout. Mother: asthma.\n\nSOCIAL HISTORY: ___"

// lastExams are headings that say in some way that the exam behind them is not
// that of admission: the day in brackets, a number, a word, or nothing at all.
var lastExams = []string{
	"DISCHARGE PHYSICAL EXAM:\n=====", "Discharge exam", "Physical Exam (day of discharge):", "PHYSICAL EXAM (DISCHARGE):", "Exam (at time of death):", "PE (discharge):", "Physical exam ___ (day of discharge):",
	"Exam on POD 2:", "POD#3 exam:", "Exam on hospital day 5:", "HD#5:", "Physical exam at the time of passing:", "PHYSICAL EXAM PRIOR TO TRANSFER OUT:",
	"EXAM ON DISCHARGE", "Discharge PE:", "At d/c:", "**DISCHARGE**", "24 HR EVENTS:", "Dishcarge Phsyical Exam:", "Exam ___:", "Physical Exam:", "Exam on hospice:",
}

// The text of an example is what was known at admission, whole and nothing else.
func TestExamplesAreOfAdmission(t *testing.T) {
	var admissions []mimic.Admission
	var notes []mimic.Note
	for i, heading := range lastExams {
		id := int64(i + 1)
		admissions = append(admissions, mimic.Admission{SubjectID: id, HadmID: 10 * id, Admittime: 5e15, Dischtime: 5e15 + dataset.Time(day)})
		notes = append(notes, summary(id, 10*id, 1, fmt.Sprintf(discharged, heading)))
	}
	for _, stage := range []string{"label.length_of_stay", "label.mortality"} {
		d := stagetest.Run(t, stage, "{recipe: clinical}", patients(t, admissions, notes))
		examples := rows[task.Example](t, d, task.TableExamples)
		if len(examples) != len(lastExams) {
			t.Fatalf("%s: %d examples: %v", stage, len(examples), d.Manifest.Counts)
		}
		for _, e := range examples {
			heading := lastExams[e.SubjectID-1]
			if strings.Contains(e.Text, afterwards) {
				t.Errorf("%s: %q: text from after admission", stage, heading)
			}
			if diff := cmp.Diff(dischargedText, e.Text); diff != "" {
				t.Errorf("%s: %q: %s", stage, heading, diff)
			}
		}
	}
}
