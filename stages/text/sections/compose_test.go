package sections

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// composer writes summaries from a grammar of headings: a section's name, a day,
// how the two are put together, and how the line is marked. It knows of each day
// whether it is that of admission, so it knows each word that belongs without
// asking the parser; its words are lists of its own.
type composer struct {
	*rand.Rand
	text          strings.Builder
	kept, later   []string          // words
	heading       string            // the last one
	under         map[string]string // the heading that a word stands under
	laterHeadings int
}

func (c *composer) one(list ...string) string { return list[c.IntN(len(list))] }

func (c *composer) chance(percent int) bool { return c.IntN(100) < percent }

var composedNames = map[string][]string{
	"cc":        {"Chief Complaint", "Chief Complaints", "Presenting Complaint", "Reason for Admission"},
	"hpi":       {"History of Present Illness", "HPI", "Present Illness", "History of the Present Illness", "Brief HPI"},
	"pmh":       {"Past Medical History", "PMH", "PMHx", "Medical History", "Past Medical/Surgical History"},
	"social":    {"Social History", "Social Hx", "SHx"},
	"family":    {"Family History", "Family Hx", "FHx"},
	"allergies": {"Allergies", "Drug Allergies", "Allergies/ADRs", "Allergies and Adverse Reactions"},
	"exam":      {"Physical Exam", "Physical Examination"},
	"meds":      {"Medications on Admission", "Meds on Admission", "Admission Medications", "Pre-Admission Medications"},
}

// laterNames are names that are put before or behind a later day.
var laterNames = map[string][]string{
	"exam":  {"Physical Exam", "Physical Examination", "Exam", "PE", "Physical", "Vitals", "Neuro exam", "Vital signs", "VS", "General exam", "Focused exam", "Examination", "Check"},
	"meds":  {"Home Medications", "Home Meds", "Outpatient Meds", "Current medications"},
	"other": {"Allergies", "Past Medical History", "PMH", "Social History", "HPI", "Chief Complaint", "Family History"},
}

// respelled turns two letters of a long word of some names.
func (c *composer) respelled(name string) string {
	words := strings.Split(name, " ")
	word := []byte(words[c.IntN(len(words))])
	if len(word) < 7 || bytes.ContainsAny(word, "-/") || c.chance(80) {
		return name
	}
	i := 1 + c.IntN(len(word)-2)
	turned := slices.Clone(word)
	turned[i], turned[i+1] = word[i+1], word[i]
	return strings.Replace(name, string(word), string(turned), 1)
}

func (c *composer) number(from int) int { return from + c.IntN(12) }

// laterDay is a day after that of admission: as it stands behind a name, or in
// front of one.
func (c *composer) laterDay(exam bool) (behind, before string) {
	event := c.one("discharge", "d/c", "D/C", "dc", "death", "demise", "expiration", "hospital discharge", "callout", "call-out", "Discharge", "disch", "DC", "departure", "pronouncement", "discahrge")
	switch n := c.number(2); c.IntN(9) {
	case 0:
		return c.one("on ", "at ", "upon ", "prior to ", "before ", "at time of ", "at the time of ") + event, event
	case 1:
		return c.one("day of ", "on day of ", "on the day of ", "the morning of ", "on the evening of ") + event, event + " day"
	case 2:
		day := c.one(fmt.Sprintf("HD %d", n), fmt.Sprintf("HD#%d", n), fmt.Sprintf("HD%d", n), fmt.Sprintf("hospital day %d", n), fmt.Sprintf("Hospital Day #%d", n), "hospital day two", "third hospital day", "2nd hospital day")
		return c.one("", "on ", "by ") + day, day
	case 3:
		n--
		day := c.one(fmt.Sprintf("POD %d", n), fmt.Sprintf("POD#%d", n), fmt.Sprintf("POD%d", n), fmt.Sprintf("post-op day %d", n), fmt.Sprintf("Postoperative day #%d", n))
		return c.one("", "on ", "by ") + day, day
	case 4:
		return c.one("at the time of passing", "prior to going home", "at end of stay", "at the end of hospitalization", "on leaving AMA", "when called out to the floor", "when leaving the hospital", "at sign-out", "AM of "+event, "24 hours prior to "+event, "on DOD", "as of "+event, "just before "+event), event
	case 5:
		return event, event
	}
	if !exam {
		return "at " + event, event
	}
	return c.one("on transfer", "on transfer to the floor", "on transfer out of the ICU", "prior to transfer to floor", "at transfer", "after extubation", "post extubation", "post-op", "after surgery", "24 hours after admission", "on day 3", "two days later", "on return from the OR", "on readmission to the ICU", "after delivery", "s/p surgery", "on PPD 2"),
		c.one("transfer", "ICU transfer", "transfer day", "repeat", "interval", "post-extubation", "post-op", "postoperative", "follow-up", "overnight", "next day", "day 3", "final", "last", "most recent", "subsequent", "updated", "following day", "PACU", "postpartum")
}

// admissionDay is a day that belongs.
func (c *composer) admissionDay() (behind, before string) {
	day := c.one("HD 1", "HD#1", "hospital day 1", "POD 0", "POD#0", "hospital day one")
	return c.one("on admission", "at admission", "upon admission", "on the day of admission", "on arrival", "on arrival to the floor", "at presentation", "on presentation to the ED", "on transfer from OSH", "on transfer from the ED", "on "+day, day),
		c.one("admission", "initial", "ADMISSION", "admitting", day)
}

// joined puts a name and a day together.
func (c *composer) joined(name, behind, before string) string {
	switch c.IntN(10) {
	case 0, 1:
		return name + " " + behind
	case 2, 3:
		return before + " " + name
	case 4:
		return name + " (" + behind + ")"
	case 5:
		return name + " [" + before + "]"
	case 6:
		return name + c.one(" - ", ", ", "/", " -- ", " \u2013 ", " \u2014 ", "; ") + behind
	case 7:
		return name + " ___ (" + behind + ")"
	case 8:
		return name + " (" + c.one("per ICU team, ", "Dr. ___, ", "") + behind + c.one("", ", ___", " 5/7") + ")"
	}
	return name + " " + behind + c.one(" ___", " 2180-05-07", " [**2180-5-7**]", " 5/7/80")
}

// line writes a heading as a line.
func (c *composer) line(heading string) {
	heading = strings.ToUpper(heading[:1]) + heading[1:]
	colon := c.one(":", ":", ":", " :", "", ":\n=====", "\n========")
	switch {
	case c.chance(25):
		heading = strings.ToUpper(heading)
	case c.chance(10) && strings.HasPrefix(colon, ":"):
		heading = strings.ToLower(heading)
	}
	c.heading = heading + colon
	mark := c.one("%s", "%s", "%s", "%s", "%s", "%s", "== %s", "**%s", "# %s", "_%s_", "\u2014 %s", "\u2022 %s", "[x] %s", "* %s", "=====%s=====", "___ %s")
	c.text.WriteString(c.one("\n\n", "\n \n", "\r\n\r\n", "\n\t\n", "\n\n\n") + c.one("", "", "  ") + fmt.Sprintf(mark, heading) + colon + c.one("\n", " \n", "\n\n", "\t\r\n"))
}

// word writes a word that belongs or one that does not.
func (c *composer) word(list *[]string, form string) {
	w := fmt.Sprintf(form, len(c.under))
	*list = append(*list, w)
	c.under[w] = c.heading
	c.text.WriteString(w + " ")
}

// paragraphs writes a body that belongs, over blank lines and lines with a colon.
func (c *composer) paragraphs(lines ...string) {
	c.word(&c.kept, "keep%dx")
	for range c.IntN(4) {
		line := c.one(lines...)
		c.text.WriteString(c.one("\n", "\n\n", "\n \n") + line + c.one(" ", "\n"))
		c.word(&c.kept, "keep%dx")
		c.under[c.kept[len(c.kept)-1]] += " | " + line
	}
}

// afterwards writes a body of a later day.
func (c *composer) afterwards() {
	c.laterHeadings++
	c.word(&c.later, sentinel+"%dx")
	for range c.IntN(4) {
		c.text.WriteString(c.one("\n", "\n\n", "\n \n") + c.one("CV:", "Vitals:", "Abd: soft", "- item:", "Labs:", "Exam:", "Meds:", "Neuro", "of note", "On rounds:") + " ")
		c.word(&c.later, sentinel+"%dx")
	}
}

var (
	storyLines = []string{"Labs notable for:", "In the ED, initial vitals:", "On arrival to the floor, pt reports:", "Patient was given:", "ED course notable for:", "Of note,", "Upon interview:", "- Consults:", "EKG:", "In ED:", "On transfer, vitals were",
		"VS prior to transfer:", "On transfer to the floor:", "Transferred from OSH for:", "At discharge from OSH he was", "On discharge from outside hospital, she", "OSH course:", "Exam notable for:", "His last discharge:", "vaginal discharge:", "discharge from the wound and", "Interval history:",
		"* Meds given:", "1. First:", "Since discharge:", "PSH:", "Cardiac History:", "Other Past Medical History:", "HTN: on lisinopril", "HD: three times a week", "Since then:", "# Ascites:"}
	examLines = []string{"General:", "Abd: distended,", "HEENT: no", "discharge from the eyes", "Skin: no discharge:", "CV:", "LUNGS: prolonged expiration", "Vitals: 98.1", "Ext:", "Neuro: following commands", "GU: vaginal discharge:", "Gen:", "NEURO:", "VS:", "On arrival:", "Pulses: 2+"}
	listLines = []string{"- item:", "1. Aspirin", "2. Note:", "Mother:", "Tobacco:", "per report:", "The list is accurate", "reaction:"}
)

// section writes an admission section, of the day of admission or of none.
func (c *composer) section(kind string, lines []string) {
	name := c.respelled(c.one(composedNames[kind]...))
	if kind == "exam" && c.chance(50) {
		behind, before := c.admissionDay()
		name = c.joined(name, behind, before)
	}
	c.line(name)
	if kind == "exam" && c.chance(30) {
		c.line(c.one("Admission exam", "ADMISSION PHYSICAL EXAM", "On admission:", "Admission PE", "Exam on admission", "Admission physical"))
	}
	c.paragraphs(lines...)
	if kind != "exam" && kind != "meds" && c.chance(10) {
		behind, before := c.laterDay(false)
		c.line(c.joined(c.one(slices.Concat(laterNames["meds"], laterNames["other"])...), behind, before))
		c.afterwards()
	}
}

// laterExam writes the exam of a later day behind that of admission, under a
// heading with or without a name.
func (c *composer) laterExam() {
	behind, before := c.laterDay(true)
	heading := c.joined(c.one(laterNames["exam"]...), behind, before)
	switch {
	case c.chance(20):
		heading = c.one(behind, "("+behind+")", "["+behind+"]")
	case c.chance(10): // a second exam is another day's
		heading = c.one("Physical Exam", "Exam", "PE", "Physical Examination", "Exam on hospice", "Exam off sedation", "Code exam")
	case c.chance(10): // a date is another day's where an exam is written already
		heading = c.one("Physical Exam", "Exam", "PE") + c.one(" 2180-05-07", " ___", " [**2180-5-7**]", " (5/7)", " on ___", " #2", " on Monday")
	case c.chance(10):
		heading = c.one("Mental status", "Weight", "Gait", "Wound", "O2 sat", "Labs") + " " + c.one("at", "on", "at time of", "prior to") + c.one(" discharge", " d/c", " DC", " death")
	}
	c.line(heading)
	c.afterwards()
}

func compose(seed uint64) *composer {
	c := &composer{Rand: rand.New(rand.NewPCG(seed, 12)), under: map[string]string{}}
	c.text.WriteString(" \nName:  ___                     Unit No:   ___\n \nAdmission Date:  ___              Discharge Date:   ___\n \nService: MEDICINE\n")
	c.section("allergies", listLines)
	c.section("cc", []string{"and", "- item:"})
	c.line("Major Surgical or Invasive Procedure")
	c.afterwards()
	c.section("hpi", storyLines)
	c.section("pmh", storyLines)
	c.section("social", listLines)
	c.section("family", listLines)
	c.section("exam", examLines)
	for range c.IntN(3) {
		c.laterExam()
	}
	for _, heading := range []string{"Pertinent Results", c.one("Brief Hospital Course", "Hospital Course", "ICU Course", "Summary of hospital course")} {
		c.line(c.respelled(heading))
		c.afterwards()
	}
	c.section("meds", listLines)
	for _, heading := range []string{"Discharge Medications", "Discharge Disposition", "Discharge Diagnosis", "Discharge Condition", "Discharge Instructions", "Followup Instructions"} {
		c.line(c.respelled(heading))
		c.afterwards()
	}
	return c
}

// composed parses so many composed summaries: no word from after admission is in
// a note, no word that belongs is lost.
func composed(t *testing.T, summaries int) {
	var headings, later, kept, leaked, lost int
	wrong := func(seed uint64, c *composer, what, word string) {
		if leaked+lost < 50 {
			t.Errorf("summary %d: %s: %q", seed, what, c.under[word])
		}
	}
	for seed := range uint64(summaries) {
		c := compose(seed)
		parsed := Parse(c.text.String())
		note := parsed.Text()
		headings, later, kept = headings+c.laterHeadings, later+len(c.later), kept+len(c.kept)
		for _, word := range c.later {
			if strings.Contains(note, word) {
				wrong(seed, c, "a word from after admission", word)
				leaked++
			}
		}
		for _, word := range c.kept {
			if !strings.Contains(note, word) {
				wrong(seed, c, "a word that belongs is lost", word)
				lost++
			}
		}
	}
	t.Logf("%d summaries, %d headings of what came later: of %d words from after admission %d are in the notes, of %d words that belong %d are lost", summaries, headings, later, leaked, kept, lost)
	if leaked > 0 || lost > 0 {
		t.Fail()
	}
}

func TestComposedHeadings(t *testing.T) { composed(t, 5_000) }
