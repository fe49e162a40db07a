package label

import (
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/ventilation"
	"github.com/clinflow/clinflow/mimic"
)

const (
	countNoIntime      = "icustays_without_intime"
	countStayBackwards = "icustays_end_before_intime"
	countNoTimes       = "ventilation_without_times"
	countBackwards     = "ventilation_ends_before_start"
)

// episodes are those of ventilation that an admission's ICU stays may have.
type episodes func(a *mimic.Admission) ([]ventilation.Episode, error)

// episodes opens what ventilation is told by.
func (v pmv) episodes(p *Part) (episodes, error) {
	if !v.recipe.PMVCharted {
		rows := Beside(p, mimic.TableVentilation, func(e *mimic.Ventilation) bool { return e.Kind == mimic.InvasiveVentilation })
		return procedures{p.Out, rows}.episodes, nil
	}
	release := mimic.ReleaseOf(p.patients())
	if !release.ChartEvents {
		return nil, exit.Errorf(exit.Usage, needsCharts, p.patients().URI())
	}
	c := &charts{database: release.Database, loneDevices: !v.recipe.PMVFlowJoin,
		charted: besidePatients[mimic.ChartEvent](p, mimic.TableChartEvents), points: besidePatients[mimic.Ventilation](p, mimic.TableVentilation)}
	return c.episodes, nil
}

// procedures are the rows of procedureevents that are invasive ventilation.
type procedures struct {
	out  *dataset.PartWriter
	rows *mimic.ByAdmission[mimic.Ventilation]
}

func (p procedures) episodes(a *mimic.Admission) (all []ventilation.Episode, err error) {
	rows, err := p.rows.Of(a)
	rows = leaveOut(p.out, countNoTimes, rows, func(e mimic.Ventilation) bool { return e.Starttime == 0 || e.Endtime == 0 })
	rows = leaveOut(p.out, countBackwards, rows, func(e mimic.Ventilation) bool { return e.Endtime < e.Starttime })
	for _, e := range rows {
		all = append(all, ventilation.Episode{StayID: e.StayID, Start: e.Starttime, End: e.Endtime, Status: ventilation.InvasiveVent})
	}
	return all, err
}

// charts are what was charted of patients, and their extubations.
type charts struct {
	database    string
	loneDevices bool
	charted     *mimic.ByPatient[mimic.ChartEvent]
	points      *mimic.ByPatient[mimic.Ventilation]
	subjectID   int64 // whose the last ones are
	last        []ventilation.Episode
}

// episodes are the patient's, of all admissions: mimic-code does not look at them.
func (c *charts) episodes(a *mimic.Admission) ([]ventilation.Episode, error) {
	if a.SubjectID == c.subjectID {
		return c.last, nil
	}
	charted, err := c.charted.Of(a.SubjectID)
	if err != nil {
		return nil, err
	}
	points, err := c.points.Of(a.SubjectID)
	c.subjectID, c.last = a.SubjectID, c.invasive(charted, points)
	return c.last, err
}

func (c *charts) invasive(charted []mimic.ChartEvent, points []mimic.Ventilation) []ventilation.Episode {
	if c.database == mimic.MIMICIII {
		return ventilation.MIMICIII(charted, points)
	}
	all := ventilation.MIMICIV(charted, c.loneDevices)
	return slices.DeleteFunc(all, func(e ventilation.Episode) bool { return e.Status != ventilation.InvasiveVent })
}

// timed leaves out and counts the ICU stays that have no place in time.
func (v *ventilated) timed(stays []mimic.ICUStay) []mimic.ICUStay {
	stays = leaveOut(v.out, countNoIntime, stays, func(s mimic.ICUStay) bool { return s.Intime == 0 })
	return leaveOut(v.out, countStayBackwards, stays, func(s mimic.ICUStay) bool { return s.Outtime != 0 && s.Outtime < s.Intime })
}

func leaveOut[R any](out *dataset.PartWriter, count string, rows []R, unfit func(R) bool) []R {
	left := slices.DeleteFunc(rows, unfit)
	out.Count(count, int64(len(rows)-len(left)))
	return left
}
