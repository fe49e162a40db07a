package declared

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/text/sections"
	"github.com/clinflow/clinflow/task"
)

// Task is a declaration that was checked.
type Task struct {
	Declaration
	cohort, label *expression
	exclusions    []exclusion
}

type exclusion struct {
	reason string
	when   *expression
}

// Check checks a declaration that stands under a key of a stage's configuration.
func Check(key string, d Declaration) (*Task, []stages.Fault) {
	t := &Task{Declaration: d}
	faults := slices.Concat(d.Label.check(key+".label"), d.Texts.check(key+".texts"))
	compiled := func(key, text string, want ...*cel.Type) *expression {
		e, found := compile(key, text, want...)
		faults = append(faults, found...)
		return e
	}
	t.cohort = compiled(key+".cohort", d.Cohort, cel.BoolType)
	for i, x := range d.Exclude {
		at := key + ".exclude[" + strconv.Itoa(i) + "]"
		if slices.ContainsFunc(d.Exclude[:i], func(other Exclusion) bool { return other.Reason == x.Reason }) {
			faults = append(faults, stages.Faultf(at+".reason", "%s is the reason of two exclusions", x.Reason)...)
		}
		if x.Reason == NoIndexTime || x.Reason == notInCohort || strings.HasSuffix(x.Reason, unknown) {
			faults = append(faults, stages.Faultf(at+".reason", "%s is what others are counted under; name it otherwise", x.Reason)...)
		}
		t.exclusions = append(t.exclusions, exclusion{x.Reason, compiled(at+".when", x.When, cel.BoolType)})
	}
	if want, known := valueOf[task.Kind(d.Label.Kind)]; known {
		t.label = compiled(key+".label.is", d.Label.Is, want...)
	}
	return t, faults
}

// valueOf are the types that a label has.
var valueOf = map[task.Kind][]*cel.Type{
	task.Binary:     {cel.BoolType},
	task.Multiclass: {cel.IntType, cel.StringType},
	task.Multilabel: {cel.ListType(cel.StringType)},
}

// regression is the kind that is asked for most and not to be had.
const regression = "regression"

func (l Label) check(key string) []stages.Fault {
	kinds := []string{string(task.Binary), string(task.Multiclass), string(task.Multilabel)}
	switch {
	case l.Kind == regression:
		return stages.Faultf(key+".kind", "regression is not to be had: heads tell classes; cut the number into some (multiclass), or ask whether it is beyond a limit (binary)")
	case !slices.Contains(kinds, l.Kind):
		return stages.Faultf(key+".kind", "%q is no kind of label; %s", l.Kind, suggest.Choice(l.Kind, kinds))
	}
	return stages.FaultOf(key+".names", task.CheckNames(task.Kind(l.Kind), l.Names))
}

// Sections are the admission sections by their names in a declaration.
var Sections = map[string]sections.Section{
	"chief_complaint": sections.ChiefComplaint, "present_illness": sections.PresentIllness,
	"medical_history": sections.MedicalHistory, "medications_on_admission": sections.MedicationsOnAdmission,
	"allergies": sections.Allergies, "physical_exam": sections.PhysicalExam,
	"family_history": sections.FamilyHistory, "social_history": sections.SocialHistory,
}

// noteTypes are those of the notes' table.
var noteTypes = []string{mimic.DischargeSummary, mimic.Addendum, mimic.RadiologyReport, mimic.RadiologyAddendum}

func (t Texts) check(key string) []stages.Fault {
	switch {
	case t.Of == OfNotes && len(t.Sections) > 0:
		return stages.Faultf(key+".sections", "whole notes are read without sections; give them with of: admission")
	case t.Of == OfAdmission && (len(t.Types)+len(t.Categories) > 0 || t.HoursBefore+t.HoursAfter > 0 || t.Whose == "patient"):
		return stages.Faultf(key, "types, categories, hours_before, hours_after and whose choose among whole notes; give them with of: notes")
	}
	for i, name := range t.Types {
		if !slices.Contains(noteTypes, name) {
			return stages.Faultf(key+".types["+strconv.Itoa(i)+"]", "no note_type %q; %s", name, suggest.Choice(name, noteTypes))
		}
	}
	for i, name := range t.Sections {
		if _, known := Sections[name]; !known {
			return stages.Faultf(key+".sections["+strconv.Itoa(i)+"]", "no section %q; %s", name, suggest.Choice(name, slices.Sorted(maps.Keys(Sections))))
		}
	}
	return nil
}

// ReadByTextTask says whether text.task makes the texts, rather than text.admission.
func (t Texts) ReadByTextTask() bool { return t.Of == OfNotes || len(t.Sections) > 0 }

// OwnTexts says what the texts are that text.task makes: those of the task's name, of
// what it reads, and when. Another task of the name may read of what comes later.
func (t *Task) OwnTexts() string {
	reads, err := json.Marshal([]any{t.Index, t.Texts})
	if err != nil {
		panic(fmt.Sprintf("a declaration is no JSON: %v", err)) // it was read of it
	}
	return task.OfTask(t.Name, fmt.Sprintf("%016x", xxhash.Sum64(reads)))
}

// Task is what labels of the declaration are of.
func (t *Task) Task() task.Task {
	kind, of := task.Kind(t.Label.Kind), task.OfAdmission
	if t.Texts.ReadByTextTask() {
		of = t.OwnTexts()
	}
	return task.Task{Name: t.Name, Kind: kind, Labels: task.NamesOf(kind, t.Label.Names), Texts: task.Texts{Of: of}}
}

// Err is the faults that a declaration has, for whoever runs a stage without a look at
// its configuration before.
func Err(faults []stages.Fault) (err error) {
	for _, f := range faults {
		at := ""
		if f.Line > 0 {
			at = strconv.Itoa(f.Line) + ":" + strconv.Itoa(f.Col) + ": "
		}
		err = errors.Join(err, exit.Errorf(exit.Usage, "%s: %s%w", f.Key, at, f.Err))
	}
	return err
}
