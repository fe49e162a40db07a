package synth

import (
	"bytes"
	"slices"
)

// sectionQuirks are of the text of a report. CORe takes the first occurrence of a
// heading anywhere, and ends a section at an empty line that is followed by a line
// with a colon and before it no digit, bracket, bar, period or backslash.
var sectionQuirks = []noteQuirk{
	{"heading_inside_a_line", replacing("Chief Complaint:\n", "Chief Complaint:\nSee past medical history: long, ")},
	{"heading_inside_another_section", replacing("History of Present Illness:\n", "History of Present Illness:\nNo allergies: none known.\n")},
	{"headings_in_capitals", func(d *dossier) bool { return d.each(coreHeadings, bytes.ToUpper) }},
	{"headings_in_small_letters", func(d *dossier) bool { return d.each(coreHeadings, bytes.ToLower) }},
	{"heading_twice", func(d *dossier) bool {
		return d.say(append(d.papers[0].text, "\n\nPast Medical History:\nAs dictated above.\n\nSigned electronically by:\n"...))
	}},
	{"heading_with_its_text", replacing("Chief Complaint:\n", "Chief Complaint:   ")},
	{"heading_at_the_end", func(d *dossier) bool { return d.cut("\nMedications on Admission:", len("\nMedications on Admission:")) }},
	{"no_heading_after_the_last_section", func(d *dossier) bool { return d.cut("\nPertinent Results:", 0) }},
	{"no_heading_after_the_only_section", func(d *dossier) bool { return d.cut("\nMajor Surgical or Invasive Procedure:", 0) }},
	{"empty_section", replacing("Chief Complaint:\n", "Chief Complaint:\n\nReferring Service:\n")},
	{"empty_section_without_a_line", replacing("Chief Complaint:\n", "Chief Complaint:\nMajor Complaint:\n\nComplaint:\n")},
	{"no_main_section", func(d *dossier) bool {
		return d.replace("Chief Complaint:", "CC:") && d.replace("Present Illness:", "P.I.:") && d.replace("Past Medical History:", "PMH:")
	}},
	{"one_main_section", func(d *dossier) bool {
		return d.replace("Chief Complaint:", "CC:") && d.replace("History of Present Illness:", "HPI:")
	}},
	{"digit_in_the_heading_after", following("Procedure 2:")},
	{"bracket_in_the_heading_after", following("Procedure (major):")},
	{"period_in_the_heading_after", following("Proc. done:")},
	{"bar_in_the_heading_after", following("Major|Invasive Procedure:")},
	{"backslash_in_the_heading_after", following(`Major\Invasive Procedure:`)},
	{"tag_in_the_heading_after", following("[**Hospital1 18**] course:")},
	{"heading_after_on_its_second_line", following("Major Surgical or\nInvasive Procedure:")},
	{"sentence_that_ends_a_section", replacing("\n\nPast Medical History:", "\n\nTo sum up: as above.\n\nPast Medical History:")},
	{"subheading_after_an_empty_line", replacing("Physical Exam:\n", "Physical Exam:\nGeneral appearance as below.\n\nHEENT: PERRL\n\nNeuro: intact\n")},
	{"blank_in_the_empty_lines", func(d *dossier) bool { return d.everywhere("\n\n", "\n \n") }},
	{"tab_in_an_empty_line", replacing("\n\nPast Medical History:", "\n\t\nPast Medical History:")},
	{"three_empty_lines", func(d *dossier) bool { return d.everywhere("\n\n", "\n\n\n\n") }},
	{"blanks_at_ends_of_lines", func(d *dossier) bool { return d.everywhere("\n\n", "  \n\n") }},
	{"carriage_returns", func(d *dossier) bool { return d.everywhere("\n", "\r\n") }},
	{"brackets_alone", replacing("Chief Complaint:\n", "Chief Complaint:\n[]\n\nComplaint, cont:\n")},
	{"brackets_before_text", replacing("Chief Complaint:\n", "Chief Complaint:\n[] ")},
	{"backslash_in_a_section", replacing("History of Present Illness:\n", "History of Present Illness:\nBP 120\\80, see C:\\notes\\new. ")},
	{"backslash_n_twice", replacing("History of Present Illness:\n", `History of Present Illness: see \n\nNotes: here `)},
	{"no_break_spaces", replacing("Chief Complaint:\n", "Chief Complaint:\n\u00a0pain\u00a0\n\nComplaint, cont:\n")},
	{"letters_beyond_ascii", replacing("Chief Complaint:\n", "Chief Complaint:\ncafé au lait, 38 °C, ½ tablet, ")},
	{"other_headings", func(d *dossier) bool {
		return d.replace("Physical Exam:", "Physical Examination:") && d.replace("\nAllergies:", "\nAllergy:")
	}},
	{"fragments_anywhere", func(d *dossier) bool {
		for range 12 {
			at := d.random.IntN(len(d.papers[0].text))
			d.papers[0].text = slices.Insert(d.papers[0].text, at, []byte(oneOf(d.random, fragments))...)
		}
		return true
	}},
	{"discharge_exam_first", replacing("Chief Complaint:\n", "Discharge physical exam: walking.\n\nChief Complaint:\n")},
}

// fragments are pieces of text that a label script acts on. Thrown into a note they
// meet in ways that nobody planned.
var fragments = []string{
	"\n\n", "\n\n", "\n \n", "\n", "\r\n", "  ", ":", ".", "|", "(", ")", `\`, `\n`, "7", "[]", "\n\nHEENT:", "\n\nLabs 2:",
	"Allergies:", "medical history:", "chief complaint:", "PHYSICAL EXAM:", "medications on admission:", "Medication on Admission:",
	" patient died", " pt had expired", " died", " deceased", "outpatient passed away", " he expired", "time of death",
}

// coreHeadings are those of the sections that CORe keeps.
var coreHeadings = []string{
	"Chief Complaint:", "History of Present Illness:", "Past Medical History:", "Medications on Admission:",
	"Allergies:", "Physical Exam:", "Family History:", "Social History:",
}

// following puts another heading after the chief complaint.
func following(heading string) func(d *dossier) bool {
	return replacing("\nMajor Surgical or Invasive Procedure:", "\n"+heading)
}

func replacing(old, with string) func(d *dossier) bool {
	return func(d *dossier) bool { return d.replace(old, with) }
}

// replace replaces the first occurrence in the report.
func (d *dossier) replace(old, with string) bool { return d.swap(old, with, 1) }

func (d *dossier) everywhere(old, with string) bool { return d.swap(old, with, -1) }

func (d *dossier) swap(old, with string, times int) bool {
	before := d.papers[0].text
	d.papers[0].text = bytes.Replace(before, []byte(old), []byte(with), times)
	return !bytes.Equal(before, d.papers[0].text)
}

func (d *dossier) each(words []string, change func([]byte) []byte) bool {
	changed := true
	for _, word := range words {
		changed = d.replace(word, string(change([]byte(word)))) && changed
	}
	return changed
}

// cut ends the report so many bytes after the beginning of a heading.
func (d *dossier) cut(heading string, after int) bool {
	at := bytes.Index(d.papers[0].text, []byte(heading))
	if at < 0 {
		return false
	}
	return d.say(d.papers[0].text[:at+after])
}
