package recipe

import "strings"

// Category is the labels that a code falls under: one mostly, none where there is none
// for it, several where the code stands for several of another classification. The
// version is that of ICD, 9 or 10.
type Category func(version int, code string) []string

// diagnosis is a diagnosis' category in the ICD version it was coded in. ICD-9's
// external causes have one character more: E and three digits.
func (q Quirks) diagnosis(version int, code string) []string {
	if version == 9 && (strings.HasPrefix(code, "E") || q.VCodes4 && strings.HasPrefix(code, "V")) {
		return q.label(version, code, 4)
	}
	return q.label(version, code, 3)
}

// procedure has three characters in both versions. Leading zeros are part of a code:
// 0331 is a spinal tap, 331 would be an operation on the lung.
func (q Quirks) procedure(version int, code string) []string {
	if version == 9 && q.IntegerProcedureCodes {
		code = asInteger(code)
	}
	return q.label(version, code, 3)
}

// asInteger is a code of digits as a number is written.
func asInteger(code string) string {
	if number := strings.TrimLeft(code, "0"); number != "" || code == "" {
		return number
	}
	return "0"
}

// label cuts a code and puts its version in front: E88 is a metabolic disorder in
// ICD-10 and the beginning of a fall in ICD-9.
func (q Quirks) label(version int, code string, characters int) []string {
	prefix := map[int]string{9: "9:", 10: "10:"}[version]
	if prefix == "" || code == "" {
		return nil
	}
	if q.BareCodes && version == 9 {
		prefix = ""
	}
	return []string{prefix + cut(code, characters)}
}

// cut is a text's first n characters, all where it has fewer.
func cut(text string, n int) string {
	for at := range text {
		if n == 0 {
			return text[:at]
		}
		n--
	}
	return text
}
