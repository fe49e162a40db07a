package text

import (
	"cmp"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/declared"
)

// taskNote is what is read of a note.
type taskNote struct {
	NoteID string `parquet:"note_id,plain"`
	Summary
}

// notes joins the notes of the hours around the index time. latest is the index time, or
// the date of a note that is dated later: label.card tells such texts.
func (x ofTask) notes(index dataset.Time, notes []taskNote, out *dataset.PartWriter) (text string, latest dataset.Time) {
	t := x.of.Texts
	from, to := index-declared.Hours(t.HoursBefore), index+declared.Hours(t.HoursAfter)
	var within []taskNote
	for _, n := range notes {
		switch at := n.time(); {
		case at == 0:
			out.Count("notes_without_time", 1)
		case at > to:
			out.Count("notes_after", 1)
		case t.HoursBefore > 0 && at < from:
			out.Count("notes_before", 1)
		default:
			within = append(within, n)
		}
	}
	slices.SortStableFunc(within, func(a, b taskNote) int {
		return cmp.Or(cmp.Compare(a.time(), b.time()), cmp.Compare(a.NoteID, b.NoteID))
	})
	var texts []string
	latest = index
	for _, n := range within {
		latest = max(latest, n.dated())
		if text := strings.TrimSpace(n.Text); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n\n"), latest
}

// dated is the time that the note bears, its day where it has no hour.
func (n *taskNote) dated() dataset.Time { return cmp.Or(n.Charttime, n.Chartdate) }

// time is the first time at which a note can be said to have been there, 0 where it has
// none. Discharge summaries have the day alone, in MIMIC-IV as its midnight.
func (n *taskNote) time() dataset.Time {
	at := n.dated()
	summary := n.NoteType == mimic.DischargeSummary || n.NoteType == mimic.Addendum
	if at != 0 && (n.Charttime == 0 || summary && at%dataset.Day == 0) {
		at += dataset.Day - at%dataset.Day
	}
	return at
}
