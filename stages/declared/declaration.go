// Package declared reads tasks that are declared in YAML: whose admissions, at what time
// the model is asked, by what texts, and what the label is, in expressions of CEL
// (https://cel.dev) over a patient's tables. Expressions are checked against the columns
// of the tables before anything runs.
package declared

import (
	"io/fs"

	"github.com/clinflow/clinflow/tasks"
)

// Config is the key that the stages of a declared task share.
type Config struct {
	Task Declaration `json:"task" doc:"the task: its file, or the name of one that ships (clinflow tasks lists them)"`
}

// Declaration is a task as its YAML file has it.
type Declaration struct {
	Name    string      `json:"name" name:"true" doc:"the task's name, as metrics and reports have it"`
	Doc     string      `json:"doc,omitempty" doc:"what is asked, in a sentence"`
	Source  string      `json:"source,omitempty" doc:"where the definition comes from"`
	Cohort  string      `json:"cohort" default:"true" doc:"CEL, true or false: whether an admission is of the task"`
	Index   Index       `json:"index" doc:"when the model is asked"`
	Exclude []Exclusion `json:"exclude,omitempty" doc:"admissions of the cohort that are left out, each counted under its first reason"`
	Texts   Texts       `json:"texts" doc:"what the model reads"`
	Label   Label       `json:"label" doc:"what it is to tell"`
}

// Shipped implements stages.Filed.
func (Declaration) Shipped() fs.FS { return tasks.Files }

// Index is the time at which the model is asked.
type Index struct {
	At    string  `json:"at" default:"admission" enum:"admission,discharge,first_icu" doc:"admission: admittime; discharge: dischtime; first_icu: the first intime of the admission"`
	Hours float64 `json:"hours" default:"0" unit:"hours" min:"0" max:"876600" doc:"so long after it"`
}

// Exclusion is one reason to leave an admission out.
type Exclusion struct {
	Reason string `json:"reason" name:"true" doc:"counted under dropped.<reason>"`
	When   string `json:"when" doc:"CEL, true or false: whether an admission is left out"`
}

// Texts are what the model reads.
type Texts struct {
	Of          string   `json:"of" default:"admission" enum:"admission,notes" doc:"admission: the admission sections of discharge summaries; notes: whole notes"`
	Sections    []string `json:"sections,omitempty" doc:"of admission: these sections alone; all where it is left out"`
	Types       []string `json:"types,omitempty" doc:"of notes: their note_type, such as radiology_report; any where it is left out"`
	Categories  []string `json:"categories,omitempty" doc:"of notes: their category, as MIMIC-III names it, trailing blanks aside; any where it is left out"`
	HoursBefore float64  `json:"hours_before" default:"0" unit:"hours" min:"0" max:"876600" doc:"of notes: those of so many hours before the index time; 0: all"`
	HoursAfter  float64  `json:"hours_after" default:"0" unit:"hours" min:"0" max:"876600" doc:"of notes: those of so many hours after the index time too. A note that has a day and no hour is of the day's end."`
	Whose       string   `json:"whose" default:"admission" enum:"admission,patient" doc:"of notes: admission takes those that name the admission; patient takes all of the patient's in the hours"`
}

// The words of Texts.Of.
const (
	OfAdmission = "admission"
	OfNotes     = "notes"
)

// Label is what the model is to tell.
type Label struct {
	Kind  string   `json:"kind" doc:"binary, multiclass or multilabel"`
	Is    string   `json:"is" doc:"CEL: true or false of binary; a number from 0 or a name of multiclass; a list of names of multilabel"`
	Names []string `json:"names,omitempty" doc:"the labels in order, for binary the negative one first; of multilabel, without names the labels are those of the port label_set"`
}
