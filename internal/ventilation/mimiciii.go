package ventilation

import (
	"cmp"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// MIMICIII are the episodes of patients of MIMIC-III, by stay and start, as mimic-code's
// mimic-iii/concepts/durations/ventilation_classification.sql and ventilation_durations.sql
// make them of the rows of the items of Charted and of the extubations in
// procedureevents_mv. Their rules are the same from August 2018 (commit 1754d925) to
// August 2026 (8bcbd190). Rows without a stay or a time, which belong to no episode, and
// rows that are marked as errors are passed over.
func MIMICIII(charted []mimic.ChartEvent, points []mimic.Ventilation) []Episode {
	rows := classify(charted, points)
	var episodes []Episode
	for stay := range runs(rows, func(a, b classified) bool { return a.stay == b.stay }) {
		episodes = append(episodes, episodesIII(stay)...)
	}
	return episodes
}

// flags are what is said of a moment.
type flags struct{ ventilated, oxygen, extubated, bySelf bool }

// classified is a row of ventilation_classification. Two of one moment, from chartevents
// and from procedureevents_mv, are one row where their flags are the same.
type classified struct {
	moment
	flags
}

func classify(charted []mimic.ChartEvent, points []mimic.Ventilation) []classified {
	of := map[moment]flags{}
	for _, e := range charted {
		if m := (moment{e.StayID, e.Charttime}); m.stay != 0 && m.at != 0 && !e.IsError && e.Value != "" {
			of[m] = of[m].with(e.ItemID, e.Value)
		}
	}
	rows := map[classified]bool{}
	for m, f := range of {
		rows[classified{m, f}] = true
	}
	for _, p := range points {
		f, ends := extubations[p.Kind]
		if m := (moment{p.StayID, p.Starttime}); ends && m.stay != 0 && m.at != 0 {
			rows[classified{m, f}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(rows), classified.compare)
}

// compare orders rows by stay and time, extubations last. Two extubations of one moment
// begin a new episode whichever of them comes first.
func (c classified) compare(other classified) int {
	return cmp.Or(c.moment.compare(other.moment), cmp.Compare(number(c.extubated), number(other.extubated)))
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// episodesIII are the episodes of one stay's rows.
func episodesIII(rows []classified) []Episode {
	var all []Episode
	var e Episode
	var clock clock
	for together := range runs(rows, func(a, b classified) bool { return a.at == b.at }) {
		begins := false
		for _, row := range together {
			begins = clock.begins(row) || begins // asked of every row: it remembers them
		}
		if begins {
			all, e = append(all, e), Episode{}
		}
		for _, row := range together {
			e.take(row)
		}
	}
	return slices.DeleteFunc(append(all, e), func(e Episode) bool { return e.Start == e.End })
}

// take lets an episode go on to a row of ventilation or extubation; oxygen alone is of
// none. An extubation ends an episode, so that one of two times has had a ventilator.
func (e *Episode) take(row classified) {
	if !row.ventilated && !row.extubated {
		return
	}
	if e.StayID == 0 {
		*e = Episode{StayID: row.stay, Start: row.at, Status: Ventilated}
	}
	e.End = row.at
}

// clock remembers what the last rows of a stay were.
type clock struct {
	ventilated dataset.Time // of the last one with ventilation
	extubated  bool         // the last one with ventilation or extubation was of extubation
}

// silence is how long after the last setting a ventilation goes on.
const silence = 8 * dataset.Hour

// begins says whether with this row an episode ends and another may begin: after an
// extubation, with oxygen in place of a ventilator, and after silence.
func (c *clock) begins(row classified) bool {
	begins := !row.ventilated && row.oxygen
	if row.ventilated || row.extubated {
		begins = begins || c.extubated
		c.extubated = row.extubated
	}
	if row.ventilated {
		begins = begins || c.ventilated != 0 && row.at > c.ventilated+silence
		c.ventilated = row.at
	}
	return begins
}
