package synth

// codeCategory is what codes are taken together by: the tasks predict the first
// three characters, of ICD-9's E codes four.
type codeCategory struct {
	procedure bool
	version   int
	name      string
}

func categoryOf(version int, code string) string {
	length := 3
	if version == 9 && len(code) > 0 && code[0] == 'E' {
		length = 4
	}
	return code[:min(length, len(code))]
}

// conditionsOf are the indices of the conditions with a code of the category.
var conditionsOf = func() map[codeCategory][]uint8 {
	found := map[codeCategory][]uint8{}
	for i := range conditions {
		for _, of := range conditions[i].categories() {
			found[of] = append(found[of], uint8(i))
		}
	}
	return found
}()

func (c *condition) categories() []codeCategory {
	var all []codeCategory
	for _, version := range icdVersions {
		for _, code := range c.codes[version-9] {
			all = append(all, codeCategory{c.procedure, version, categoryOf(version, code)})
		}
	}
	return all
}
