package declared

import (
	"strconv"
	"strings"
)

// String says in words when the model is asked.
func (x Index) String() string {
	at := map[string]string{"admission": "admission", "discharge": "discharge", "first_icu": "the beginning of the first ICU stay"}[x.At]
	if x.Hours > 0 {
		return number(x.Hours) + " hours after " + at
	}
	return at
}

// String says in words what the model reads.
func (t Texts) String() string {
	if t.Of == OfAdmission {
		if len(t.Sections) == 0 {
			return "the admission sections of discharge summaries"
		}
		return "of discharge summaries " + strings.Join(t.Sections, ", ")
	}
	words := "notes"
	if of := append(append([]string{}, t.Types...), t.Categories...); len(of) > 0 {
		words = "notes of " + strings.Join(of, ", ")
	}
	if t.HoursBefore > 0 {
		words += ", from " + number(t.HoursBefore) + " hours before that time"
	}
	if t.HoursAfter > 0 {
		return words + ", to " + number(t.HoursAfter) + " hours after it; of the " + t.Whose
	}
	return words + ", to that time; of the " + t.Whose
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
