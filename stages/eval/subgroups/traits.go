package subgroups

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/mimic"
)

// Attributes are the names of all, in the order in which they are shown.
var Attributes = []string{AttributeSex, AttributeAge, AttributeInsurance, AttributeRace, AttributeCareUnit, AttributeYears}

// traits are the groups that a patient or an admission is in, in the order of Attributes, in which they are shown.
type traits [6]string

// The groups of what is not known, and of an admission that was never in an ICU.
const (
	groupUnknown = "unknown"
	groupOther   = "other"
	groupNoICU   = "no ICU stay"
)

// orders are the groups of an attribute in the order in which they are shown. Others come
// behind them by name, and the unknown last.
var orders = [len(traits{})][]string{
	{"female", "male"},
	{"under 18", "18-44", "45-64", "65-79", "80 and over"},
	{"Medicare", "Medicaid", "private", "government", "self pay", groupOther},
	{"white", "black", "hispanic", "asian", "native", groupOther},
	{"MICU", "SICU", "MICU/SICU", "TSICU", "CCU", "CVICU", "neuro", "NICU", groupOther, groupNoICU},
}

// CompareGroups orders the groups of an attribute as they are shown.
func CompareGroups(attribute string) func(a, b string) int {
	order := orders[slices.Index(Attributes, attribute)]
	rank := func(group string) int {
		at := slices.Index(order, group)
		switch {
		case group == groupUnknown:
			return len(order) + 1
		case at < 0:
			return len(order)
		}
		return at
	}
	return func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) }
}

// yearGroup is how MIMIC-IV writes the years that an anchor year stands for.
var yearGroup = regexp.MustCompile(`^\d{4} - \d{4}$`)

// ofPatient are the traits that a patient has at any time.
func ofPatient(p *mimic.Patient) traits {
	t := traits{groupUnknown, groupUnknown, groupUnknown, groupUnknown, groupUnknown, groupUnknown}
	switch p.Gender {
	case "F":
		t[0] = "female"
	case "M":
		t[0] = "male"
	}
	if yearGroup.MatchString(p.AnchorYearGroup) {
		t[5] = p.AnchorYearGroup
	}
	return t
}

// at are the traits of an admission at an age in years, nil where it is not known, and
// whose first ICU stay is in a care unit, "" for none.
func (t traits) at(age *float64, a *admitted, unit string) traits {
	if age != nil {
		t[1] = ageBand(*age)
	}
	t[2], t[3], t[4] = insurance(a.Insurance), race(a.Race), careUnit(unit)
	return t
}

// ageBand is the band of an age in years. MIMIC gives all ages over 89 one value, which
// is in the last.
func ageBand(years float64) string {
	for i, end := range []float64{18, 45, 65, 80} {
		if years < end {
			return orders[1][i]
		}
	}
	return orders[1][4]
}

// insurances are MIMIC-III's and MIMIC-IV's payers.
var insurances = map[string]string{
	"medicare": "Medicare", "medicaid": "Medicaid", "private": "private", "government": "government",
	"self pay": "self pay", "no charge": groupOther, "other": groupOther,
}

func insurance(text string) string {
	if text == "" {
		return groupUnknown
	}
	if name, known := insurances[strings.ToLower(text)]; known {
		return name
	}
	return groupOther
}

// races fold what MIMIC writes, 41 values in MIMIC-III and 33 in MIMIC-IV, by how they
// begin, as mimic-code's icustay_detail.sql does for MIMIC-III (its ethnicity_grouped).
// What it does not list, Portuguese and South American among it, is of other.
var races = []struct{ begins, group string }{
	{"WHITE", "white"}, {"BLACK", "black"}, {"CARIBBEAN ISLAND", "black"}, {"HISPANIC", "hispanic"}, {"ASIAN", "asian"},
	{"AMERICAN INDIAN", "native"},
	{"UNKNOWN", groupUnknown}, {"UNABLE TO OBTAIN", groupUnknown}, {"PATIENT DECLINED TO ANSWER", groupUnknown},
}

func race(text string) string {
	if text == "" {
		return groupUnknown
	}
	for _, r := range races {
		if strings.HasPrefix(strings.ToUpper(text), r.begins) {
			return r.group
		}
	}
	return groupOther
}

// careUnits fold MIMIC-III's and MIMIC-IV's first_careunit: MIMIC-IV writes the short name
// in parentheses behind the long one. CSRU is MIMIC-III's name of CVICU, and
// the neurological units, of which some are intermediate ones, are one group.
var careUnits = map[string]string{
	"MICU": "MICU", "SICU": "SICU", "MICU/SICU": "MICU/SICU", "TSICU": "TSICU", "CCU": "CCU", "CVICU": "CVICU", "CSRU": "CVICU",
	"NICU": "NICU", "Neuro SICU": "neuro",
}

func careUnit(text string) string {
	if text == "" {
		return groupNoICU
	}
	short := text
	if open := strings.LastIndexByte(text, '('); open >= 0 {
		short = strings.TrimSuffix(text[open+1:], ")")
	}
	if name, known := careUnits[short]; known {
		return name
	}
	if strings.HasPrefix(text, "Neuro") {
		return "neuro"
	}
	return groupOther
}
