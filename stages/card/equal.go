package card

// equals are the texts of a split that equal others.
type equals struct {
	Within int64 // another of the same split
	Across int64 // one of another split
}

// equalIn counts the texts of a split that equal others.
func equalIn(name string, groups [][]Member) (e equals) {
	for _, group := range groups {
		bySplit := map[string]int64{}
		for _, m := range group {
			bySplit[m.Split]++
		}
		e.add(name, bySplit)
	}
	return e
}

// add takes a group of equal texts, which are counted by split.
func (e *equals) add(name string, group map[string]int64) {
	n := group[name]
	if n > 1 {
		e.Within += n
	}
	if len(group) > 1 {
		e.Across += n
	}
}
