// Package icd knows what the codes of the International Classification of Diseases
// look like in the American hospitals' versions.
package icd

import (
	"regexp"
	"strings"
)

// shapes are what a table's codes look like, by version. A dot may stand where the
// classification prints it and nowhere else: elsewhere it is that of a number which
// has lost its leading zeros, and the digits are those of another code.
type shapes map[int]*regexp.Regexp

// diagnoses: ICD-9-CM has three digits, V and two, or E and three before the dot
// (Official Guidelines for Coding and Reporting, 2011); ICD-10-CM a letter, a digit
// and a third character, then up to four (Guidelines, 2018, section I.A.2).
var diagnoses = shapes{
	9:  regexp.MustCompile(`^(?:(?:[0-9]{3}|V[0-9]{2})(?:\.?[0-9]{1,2})?|E[0-9]{3}(?:\.?[0-9])?)$`),
	10: regexp.MustCompile(`^[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?$`),
}

// procedures: ICD-9-CM volume 3 has two digits before the dot and one or two behind
// it; ICD-10-PCS seven characters, no dot, and no I or O, which look like digits
// (ICD-10-PCS Reference Manual, 2018).
var procedures = shapes{
	9:  regexp.MustCompile(`^[0-9]{2}\.?[0-9]{1,2}$`),
	10: regexp.MustCompile(`^[0-9A-HJ-NP-Z]{7}$`),
}

// Diagnosis reads a diagnosis code of version 9 or 10 as MIMIC writes it: in
// capitals, without dot and blanks around it. It reports whether it is a code.
func Diagnosis(version int, text string) (code string, ok bool) {
	return diagnoses.read(version, text)
}

// Procedure is Diagnosis for procedure codes.
func Procedure(version int, text string) (code string, ok bool) {
	return procedures.read(version, text)
}

func (s shapes) read(version int, text string) (code string, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	shape, known := s[version]
	if !known || !shape.MatchString(text) {
		return "", false
	}
	return strings.Replace(text, ".", "", 1), true
}
