package ventilation

import (
	"cmp"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// MIMICIV are the episodes of patients of MIMIC-IV, by stay and start, as mimic-code's
// mimic-iv/concepts/treatment/ventilation.sql makes them of ventilator_setting and
// oxygen_delivery, at commit 15ae2cfd of July 2026; before that month a mask was looked
// for among the first devices alone. loneDevices says whether a device counts where no
// flow of oxygen was charted with it: in mimic-code's join it is lost.
func MIMICIV(charted []mimic.ChartEvent, loneDevices bool) []Episode {
	var episodes []Episode
	rows := observe(charted, loneDevices)
	for stay := range runs(rows, func(a, b observed) bool { return a.stay == b.stay }) {
		episodes = append(episodes, episodesIV(stay)...)
	}
	return episodes
}

// observed is a moment of which the status is known.
type observed struct {
	moment
	status Status
}

// observe tells the statuses of all moments. What was charted of a patient at one time is
// taken together, settings and oxygen each for the largest stay_id, as there.
func observe(charted []mimic.ChartEvent, loneDevices bool) []observed {
	charted = slices.Clone(charted)
	slices.SortStableFunc(charted, byPatientAndTime)
	of := map[moment]support{}
	for together := range runs(charted, func(a, b mimic.ChartEvent) bool { return byPatientAndTime(a, b) == 0 }) {
		at := together[0].Charttime
		if stay, mode, hamilton := settings(together); stay != 0 {
			m := moment{stay, at}
			of[m] = support{mode, hamilton, of[m].devices}
		}
		if stay, devices := oxygen(together, loneDevices); stay != 0 {
			m := moment{stay, at}
			of[m] = support{of[m].mode, of[m].hamilton, devices}
		}
	}
	var rows []observed
	for m, s := range of {
		if status := s.status(); status != "" && m.at != 0 {
			rows = append(rows, observed{m, status})
		}
	}
	slices.SortFunc(rows, func(a, b observed) int { return a.compare(b.moment) })
	return rows
}

func byPatientAndTime(a, b mimic.ChartEvent) int {
	return cmp.Or(cmp.Compare(a.SubjectID, b.SubjectID), cmp.Compare(a.Charttime, b.Charttime))
}

// gap is after how many hours of silence an episode is over. They are counted as the
// times when a clock strikes: from 00:59 to 14:00 there are 14.
const gap = 14

func over(from, to dataset.Time) bool { return to/dataset.Hour-from/dataset.Hour >= gap }

// episodesIV are the episodes of one stay's rows: rows of one status without a gap, and
// more than one of them.
func episodesIV(rows []observed) (all []Episode) {
	first := 0
	for i, row := range rows {
		if i+1 < len(rows) && rows[i+1].status == row.status && !over(row.at, rows[i+1].at) {
			continue
		}
		if i > first {
			all = append(all, Episode{row.stay, rows[first].at, endOf(rows[i:]), row.status})
		}
		first = i + 1
	}
	return all
}

// endOf is the end of an episode whose last row is the first of rows: the time of the
// next row, which tells what came instead, unless that is too late.
func endOf(rows []observed) dataset.Time {
	if len(rows) > 1 && !over(rows[0].at, rows[1].at) {
		return rows[1].at
	}
	return rows[0].at
}
