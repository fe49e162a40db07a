package given

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/task"
)

// part writes the labels of a part, and tells how many of the labels are of its patients.
func (m fromMEDS) part(ctx context.Context, d *dataset.Dataset, t task.Task, labels medsLabels, out *dataset.PartWriter) (met int, err error) {
	defer out.Abort()
	w, err := label.NewWriter(t, out)
	if err != nil {
		return 0, err
	}
	p := medsPart{fromMEDS: m, writer: w, numbers: t.Numbers(), out: out}
	var stays []mimic.Admission // of one patient
	for a, err := range dataset.Read[mimic.Admission](ctx, d, mimic.TableAdmissions, out.Part()) {
		if err != nil {
			return 0, err
		}
		if len(stays) > 0 && stays[0].SubjectID != a.SubjectID {
			if err := p.patient(stays, labels[stays[0].SubjectID]); err != nil {
				return 0, err
			}
			stays = stays[:0]
		}
		stays = append(stays, a)
	}
	if len(stays) > 0 {
		if err := p.patient(stays, labels[stays[0].SubjectID]); err != nil {
			return 0, err
		}
	}
	_, err = out.Close()
	return p.met, err
}

// medsPart is a part being written.
type medsPart struct {
	fromMEDS
	writer  *label.Writer
	numbers map[string]int32
	out     *dataset.PartWriter
	met     int
}

// patient writes the labels of one patient's admissions.
func (p *medsPart) patient(stays []mimic.Admission, labels []medsLabel) error {
	p.met += len(labels)
	of := map[int64][]medsLabel{}
	for _, l := range labels {
		hadm, dropped := holding(stays, l.at)
		if dropped != "" {
			p.out.Count("labels_dropped."+dropped, 1)
			continue
		}
		of[hadm] = append(of[hadm], l)
	}
	for _, a := range stays {
		if err := p.admission(a, of[a.HadmID]); err != nil {
			return err
		}
	}
	return nil
}

// holding is the admission whose time holds a moment, its ends too. Where there are
// several nothing says which is meant.
func holding(stays []mimic.Admission, at dataset.Time) (hadm int64, dropped string) {
	n := 0
	for _, a := range stays {
		if a.Admittime != 0 && a.Admittime <= at && at <= a.Dischtime {
			hadm = a.HadmID
			n++
		}
	}
	switch n {
	case 0:
		return 0, "in_no_admission"
	case 1:
		return hadm, ""
	}
	return 0, "in_several_admissions"
}

// admission writes what the labels of an admission's first time say.
func (p *medsPart) admission(a mimic.Admission, labels []medsLabel) error {
	row := task.Label{SubjectID: a.SubjectID, HadmID: a.HadmID, PredictionTime: a.Admittime}
	if len(labels) == 0 {
		return p.writer.Write(row, notListed)
	}
	row.PredictionTime = labels[0].at
	var names []string
	for _, l := range labels {
		if l.at == row.PredictionTime {
			names = append(names, l.name)
		}
	}
	if later := len(labels) - len(names); later > 0 {
		p.out.Count("labels_dropped.later_in_admission", int64(later))
	}
	slices.Sort(names)
	if names = slices.Compact(names); p.kind != task.Multilabel && len(names) > 1 {
		return exit.Errorf(exit.BadData, "%s: an admission has two labels of one time, and the task is %s; mend the labels", p.config.File, p.config.Kind)
	}
	return p.writer.Write(p.label(row, names, p.numbers), "")
}
