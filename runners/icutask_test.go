package runners_test

import (
	"context"

	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/task"
)

// A task of one's own is this file and no other: does the admission come to an ICU,
// that many times?
func init() {
	label.Register(stages.Spec{
		Name: "test.icu", Version: 1,
		Doc: "Labels admissions by whether they have ICU stays.",
	}, []string{mimic.TableICUStays}, func(config icuConfig) (label.Outcome, error) { return icu(config), nil })
}

type icuConfig struct {
	Stays int `json:"stays" default:"1" min:"1" doc:"ICU stays that an admission must have"`
}

type icu struct{ Stays int }

func (icu) Task(context.Context, stages.Inputs) (task.Task, error) {
	return task.Task{Name: "icu", Kind: task.Binary, Labels: []string{"ward", "icu"}}, nil
}

func (x icu) Begin(p *label.Part) (label.Labeller, error) {
	stays := label.Beside[mimic.ICUStay](p, mimic.TableICUStays, nil)
	return func(a *mimic.Admission, l *task.Label) (dropped string, err error) {
		if a.HospitalExpireFlag == 1 {
			return "died", nil
		}
		found, err := stays.Of(a)
		if len(found) >= x.Stays {
			l.Label = 1
		}
		return "", err
	}, nil
}
