// Package gem translates codes between ICD-9 and ICD-10 by the General Equivalence
// Mappings that CMS, the US government, gave out for the last time in fiscal year 2018.
// They are in the public domain; oracle/gem_pack.py says where they were had, and the
// tests hold them to the sha256 of CMS' files. Codes have no dots here.
package gem

import (
	"slices"
	"sort"
	"strings"
)

// Mode says which of a code's targets stand for it: one ICD-10 code may be about as
// much as any of several ICD-9 codes, or as a combination of them.
type Mode string

// The modes.
const (
	First    Mode = "first"    // the target that the file has first
	All      Mode = "all"      // all of them
	Scenario Mode = "scenario" // of the first combination the first choice for each of its places; as First where nothing is combined
)

// Mapping is one of the four files.
type Mapping struct {
	rows     []row // by source
	category int   // the number of characters that a code must share with what stands in for it
}

// row is a line of the file. Flags are five digits: approximate, no map, combination,
// the scenario, the place in it (CMS, General Equivalence Mappings: Documentation and
// User's Guide, 2018).
type row struct{ source, target, flags string }

// maps says whether the row has a target: NoDx, NoPCS and NoI9 are none, whatever the
// flag says of them.
func (r row) maps() bool { return !strings.HasPrefix(r.target, "No") }

// inScenario says whether the row is part of the first scenario of its source.
func (r row) inScenario() bool { return r.flags[2:4] == "11" }

// place is the row's place in a scenario.
func (r row) place() string { return r.flags[4:] }

// Targets are the codes that stand for a code, each once, in the order of the file, or of
// a scenario's places. There are none where the file says so, and where it knows none of
// the code's category. Of a code that it lacks, because it was split or made in another
// year, it is the sources below the closest parent that are translated: in mode All all
// of them, else the first that has a target.
func (m *Mapping) Targets(code string, mode Mode) []string {
	var targets []string
	for _, rows := range m.standIns(code) {
		for _, target := range chosen(rows, mode) {
			if !slices.Contains(targets, target) {
				targets = append(targets, target)
			}
		}
		if mode != All && len(targets) > 0 {
			break
		}
	}
	return targets
}

// chosen are the targets of one source in a mode.
func chosen(rows []row, mode Mode) (targets []string) {
	if mode == Scenario {
		rows = firstScenario(rows)
	}
	for _, r := range rows {
		if !r.maps() {
			continue
		}
		// One code of the files is in small letters: v5889, of T8853XD.
		if targets = append(targets, strings.ToUpper(r.target)); mode == First {
			break
		}
	}
	return targets
}

// firstScenario are the first rows of each place of scenario 1, in the order of the
// places; the first row where there is no scenario.
func firstScenario(rows []row) (all []row) {
	for _, r := range rows {
		taken := slices.ContainsFunc(all, func(other row) bool { return other.place() == r.place() })
		if r.inScenario() && !taken {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return rows[:1]
	}
	slices.SortFunc(all, func(a, b row) int { return strings.Compare(a.place(), b.place()) })
	return all
}

// standIns are the rows of the sources that a code stands for: of itself, or of those
// below its closest parent. The seventh character tells an injury from its aftermath, so
// where there are sources with the code's they are it.
func (m *Mapping) standIns(code string) [][]row {
	if rows := m.below(code, code); rows != nil {
		return [][]row{rows}
	}
	for length := len(code); length >= m.category; length-- {
		if rows := m.below(code[:length], code[:length]+"\xff"); rows != nil {
			return alike(bySource(rows), code)
		}
	}
	return nil
}

// below are the rows whose sources are from first to last.
func (m *Mapping) below(first, last string) []row {
	from := sort.Search(len(m.rows), func(i int) bool { return m.rows[i].source >= first })
	to := sort.Search(len(m.rows), func(i int) bool { return m.rows[i].source > last })
	if from >= to {
		return nil
	}
	return m.rows[from:to]
}

// bySource cuts rows where their source changes.
func bySource(rows []row) (all [][]row) {
	for begin, i := 0, 1; i <= len(rows); i++ {
		if i == len(rows) || rows[i].source != rows[begin].source {
			all, begin = append(all, rows[begin:i]), i
		}
	}
	return all
}

// alike are the sources with the seventh character of a code, all where there are none.
func alike(sources [][]row, code string) [][]row {
	const seventh = 6
	if len(code) != seventh+1 {
		return sources
	}
	same := slices.DeleteFunc(slices.Clone(sources), func(rows []row) bool {
		return !strings.HasSuffix(rows[0].source, code[seventh:]) || len(rows[0].source) != len(code)
	})
	if len(same) == 0 {
		return sources
	}
	return same
}
