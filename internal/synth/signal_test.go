package synth

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/exit"
)

// headings are those of the sections, in the order of real discharge summaries.
var headings = []string{"Name:", "Admission Date:", "Date of Birth:", "Service:", "Allergies:", "Attending:", "Chief Complaint:", "Major Surgical or Invasive Procedure:", "History of Present Illness:", "Past Medical History:", "Social History:", "Family History:", "Physical Exam:", "Pertinent Results:", "Brief Hospital Course:", "Medications on Admission:", "Discharge Medications:", "Discharge Disposition:", "Discharge Diagnosis:", "Discharge Condition:", "Discharge Instructions:", "Followup Instructions:"}

// laterHeadings are the sections with sentinels of their own.
var laterHeadings = map[string]string{
	"Major Surgical or Invasive Procedure:": "procedure", "Pertinent Results:": "results",
	"Brief Hospital Course:": "course", "Discharge Medications:": "discharge_medications",
	"Discharge Disposition:": "disposition", "Discharge Diagnosis:": "discharge_diagnosis",
	"Discharge Condition:": "discharge_condition", "Discharge Instructions:": "instructions",
	"Followup Instructions:": "followup",
}

var dischargeExam = regexp.MustCompile(`(?i)\n(discharge|on discharge|physical exam on discharge)[a-z ]*:\n`)

// sections cuts a summary at its headings, which must come in order, and parts
// the exam at discharge from the one on admission.
func sections(t *testing.T, text string) map[string]string {
	t.Helper()
	found := map[string]string{}
	last := ""
	for _, heading := range headings {
		before, after, ok := strings.Cut(text, "\n"+heading)
		if !ok {
			t.Fatalf("a summary lacks the heading %q in its place", heading)
		}
		found[last], last, text = before, heading, after
	}
	found[last] = text
	if cut := dischargeExam.FindStringIndex(found["Physical Exam:"]); cut != nil {
		exam := found["Physical Exam:"]
		found["Physical Exam:"], found["discharge exam"] = exam[:cut[0]], exam[cut[1]:]
	}
	return found
}

func summaries(t *testing.T, o Options) []record {
	t.Helper()
	all := readTable(t, makeTree(t, o), "note/discharge.csv.gz")
	return slices.DeleteFunc(all, func(r record) bool { return r["note_type"] != "DS" })
}

func TestSentinelsStandInLaterSectionsOnly(t *testing.T) {
	exams := 0
	for _, note := range summaries(t, Options{Patients: 400, Seed: 7, Canaries: true}) {
		for heading, body := range sections(t, note["text"]) {
			own := laterHeadings[heading]
			if heading == "discharge exam" {
				own = "discharge_exam"
				exams++
			}
			for part, words := range Sentinels() {
				has := slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(body), w) })
				if has != (part == own) {
					t.Fatalf("%q: sentinel of %s present: %v", heading, part, has)
				}
			}
		}
	}
	if exams < 50 {
		t.Errorf("only %d discharge exams seen", exams)
	}
}

func TestDeathIsNotKnownOnAdmission(t *testing.T) {
	death := regexp.MustCompile(`(?i)expire|die[ds]|death|dead|deceased|passed away|comfort care|hospice`)
	later := 0
	for _, note := range summaries(t, Options{Patients: 400, Seed: 8}) {
		for heading, body := range sections(t, note["text"]) {
			switch {
			case !death.MatchString(body):
			case laterHeadings[heading] == "" && heading != "discharge exam":
				t.Fatalf("%q speaks of death", heading)
			default:
				later++
			}
		}
	}
	if later == 0 {
		t.Error("no later section speaks of death: the test sees nothing")
	}
}

// TestSignalStandsEarly: each outcome factor is said within the first 70 words
// of chief complaint and present illness, in words of its level and no other's.
func TestSignalStandsEarly(t *testing.T) {
	root := makeTree(t, Options{Patients: 300, Seed: 9})
	truth := index(t, root, FactorsFile, "hadm_id")
	phrases := map[factor]string{problem: "complaint", shock: "shock", oxygen: "oxygen", mental: "mental", frail: "frail", renal: "renal", lung: "lung", fever: "fever", onset: "onset"}
	for _, note := range readTable(t, root, "note/discharge.csv.gz") {
		if note["note_type"] != "DS" {
			continue
		}
		body := sections(t, note["text"])
		words := strings.Fields(strings.ToLower(body["Chief Complaint:"] + body["History of Present Illness:"]))
		text := strings.Join(words[:min(70, len(words))], " ")
		for f, name := range phrases {
			level := int(truth[note["hadm_id"]][factorNames[f]][0] - '0')
			for l, variant := range notes.find(name).variants {
				said := slices.ContainsFunc(variant, func(alternative template) bool {
					return strings.Contains(" "+text, " "+alternative[0].literal)
				})
				if said != (l == level) {
					t.Fatalf("%s: level %d is said: %v, level is %d", factorNames[f], l, said, level)
				}
			}
		}
	}
}

func TestCanariesAreUnique(t *testing.T) {
	root := makeTree(t, Options{Patients: 300, RadiologyPerAdmission: 1, Seed: 10})
	seen := map[string]bool{}
	for _, name := range []string{"note/discharge.csv.gz", "note/radiology.csv.gz"} {
		for _, note := range readTable(t, root, name) {
			canaries := CanaryPattern.FindAllString(note["text"], -1)
			if len(canaries) != 1 || seen[canaries[0]] {
				t.Fatalf("%s: a note has %d canaries, or another's", name, len(canaries))
			}
			seen[canaries[0]] = true
		}
	}
	note := summaries(t, Options{Patients: 20, Seed: 10, Canaries: true})[0]
	if !CanaryPattern.MatchString(sections(t, note["text"])["Family History:"]) {
		t.Error("the option puts no canary into the family history")
	}
}

// auroc counts pairs, ties as a half.
func auroc(scores []float64, labels []bool) float64 {
	wins, pairs := 0.0, 0.0
	for i := range scores {
		for j := range scores {
			if labels[i] && !labels[j] {
				pairs++
				if scores[i] > scores[j] {
					wins++
				} else if scores[i] == scores[j] {
					wins += 0.5
				}
			}
		}
	}
	return wins / pairs
}

func TestBestPossibleAUROC(t *testing.T) {
	root := makeTree(t, Options{Patients: 6000, Seed: 11})
	admissions := index(t, root, "hosp/admissions.csv.gz", "hadm_id")
	data, err := os.Open(filepath.Join(root, FactorsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	var scores []float64
	var died []bool
	deaths, expected := 0.0, 0.0
	for truth, err := range ReadTruth(data) {
		if err != nil {
			t.Fatal(err)
		}
		dead := admissions[itoa(truth.HadmID)]["hospital_expire_flag"] == "1"
		if dead {
			deaths++
		}
		scores, died = append(scores, truth.Mor), append(died, dead)
		expected += truth.Mor
	}
	n := float64(len(scores))
	if rate := deaths / n; rate < 0.22 || rate > 0.28 || math.Abs(rate-expected/n) > 4*math.Sqrt(0.25/n) {
		t.Errorf("death rate %.3f, expected by the probabilities %.3f", rate, expected/n)
	}
	if best := auroc(scores, died); best < 0.86 || best > 0.90 {
		t.Errorf("the best possible AUROC is %.4f", best)
	}
}

// TestLosChances compares the integral with drawn admissions.
func TestLosChances(t *testing.T) {
	random := stream(12, "test", 0)
	for range 5 {
		f := drawAdmissionFactors(drawPatientFactors(random), random)
		var seen [4]float64
		survivors := 0.0
		for range 20000 {
			a := admission{admit: 365 * day, factors: f}
			a.drawOutcome(random)
			if a.factors[outcome] == 2 {
				continue
			}
			survivors++
			stay := float64(a.discharge-a.admit) / float64(day)
			class, _ := slices.BinarySearch(losCuts[:], stay)
			seen[class]++
		}
		for class, want := range f.Outlook().Los {
			if got := seen[class] / survivors; math.Abs(got-want) > 4*math.Sqrt(want/survivors)+1e-4 {
				t.Errorf("factors %v: stay class %d has share %.4f, want %.4f", f, class, got, want)
			}
		}
	}
}

func TestDamagedFactorsFile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(makeTree(t, Options{Patients: 50, Seed: 1}), FactorsFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{"truncated": data[:len(data)/2], "no gzip": []byte("subject_id"), "empty": nil} {
		var failed error
		for _, err := range ReadTruth(bytes.NewReader(damaged)) {
			failed = err
		}
		if exit.Of(failed) != exit.BadData {
			t.Errorf("%s: error %v, want one of bad data", name, failed)
		}
	}
}

// FuzzReadTruth: damaged content is an error that does not show it.
func FuzzReadTruth(f *testing.F) {
	header := files[tableFactors].header
	for _, seed := range []string{header + "\n10,20,0,0,0,0,0,0,0,0,0,0.5,0.5,0.1,0.2,0.3,0.4\n", header + "\n10,x\n", "other\n", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		rows := 0
		for truth, err := range ReadTruth(&packed) {
			if err != nil && exit.Of(err) != exit.BadData {
				t.Errorf("error %v", err)
			}
			if rows++; err == nil && truth.HadmID == 0 && !strings.Contains(content, "0") {
				t.Error("a row from nothing")
			}
		}
		if lines := strings.Count(content, "\n") + 1; rows > lines {
			t.Errorf("%d rows from %d lines", rows, lines)
		}
	})
}
