package synth

import "slices"

// finding is what the codes of an ICD version can say of an admission: that it
// has one of some conditions. Most findings are one condition; conditions with a
// code category in common cannot be told apart and are one finding together.
type finding struct {
	conditions []int
	categories []codeCategory
}

// codeCategory is what codes are taken together by, because a real tree has codes
// that the generator has not: the first three characters of diagnoses, as in the
// labels, and four of ICD-9's E codes and of procedures, where three would take
// dialysis and ventilation together.
type codeCategory struct {
	procedure bool
	version   int
	name      string
}

func categoryOf(procedure bool, version int, code string) codeCategory {
	length := 3
	if procedure || version == 9 && len(code) > 0 && code[0] == 'E' {
		length = 4
	}
	return codeCategory{procedure, version, code[:min(length, len(code))]}
}

// findings stand in the order of their conditions; findingOf has their indices.
var findings, findingOf = func() (list []*finding, index map[codeCategory]uint8) {
	of := map[codeCategory]*finding{}
	for i := range conditions {
		for _, version := range icdVersions {
			findingWith(of, i, version)
		}
	}
	index = map[codeCategory]uint8{}
	for i := range conditions {
		for _, category := range conditions[i].categories() {
			if f := of[category]; !slices.Contains(list, f) {
				list = append(list, f)
			}
			index[category] = uint8(slices.Index(list, of[category]))
		}
	}
	return list, index
}()

// findingWith adds a condition's codes of a version, and joins the findings that
// have any of their categories.
func findingWith(of map[codeCategory]*finding, condition, version int) {
	joined := &finding{conditions: []int{condition}}
	for _, category := range conditions[condition].categoriesOf(version) {
		if other := of[category]; other != nil && other != joined {
			joined.conditions = append(joined.conditions, other.conditions...)
			joined.categories = append(joined.categories, other.categories...)
		} else if other == nil {
			joined.categories = append(joined.categories, category)
		}
		for _, c := range joined.categories {
			of[c] = joined
		}
	}
	slices.Sort(joined.conditions)
}

func (c *condition) categories() []codeCategory {
	return append(c.categoriesOf(9), c.categoriesOf(10)...)
}

func (c *condition) categoriesOf(version int) []codeCategory {
	var all []codeCategory
	for _, code := range c.codes[version-9] {
		all = append(all, categoryOf(c.procedure, version, code))
	}
	return all
}

// missing is the probability that an admission with the factors has none of the
// conditions.
func (f *finding) missing(of *Factors) float64 {
	p := 1.0
	for _, i := range f.conditions {
		p *= 1 - conditions[i].chance(of)
	}
	return p
}
