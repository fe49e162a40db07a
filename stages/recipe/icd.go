package recipe

import (
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/icd/gem"
)

// asCoded leaves codes in the version of ICD that they were given in.
const asCoded = "native"

// Codes is the configuration that the stages with labels of codes share: MIMIC-IV codes
// what came before October 2015 by ICD-9, what came later by ICD-10.
type Codes struct {
	Config
	ICD string `json:"icd" default:"native" enum:"native,icd9_first,icd9_all,icd9_scenario,icd10_first,icd10_all,icd10_scenario" doc:"native keeps each code in its own version of ICD; icd9_ translates those of ICD-10 into ICD-9 by CMS' General Equivalence Mappings of 2018, icd10_ the other way: into the first code that they name, all of them, or a scenario's, the codes that together say as much"`
}

// Name tells the recipe and how codes are translated, such as core -v_codes_4 icd9_first:
// equal names make equal labels.
func (c Codes) Name() string {
	if c.ICD == asCoded || c.ICD == "" {
		return c.Config.Name()
	}
	return c.Config.Name() + " " + c.ICD
}

// Made is what is made by the configuration's recipe.
func (c Codes) Made() Made { return Made{c.Name(), c.Config.Made().Version} }

// New makes the recipe of a configuration, whose categories are those of the codes that
// a code is translated into.
func (c Codes) New() (Recipe, error) {
	r, err := c.Config.New()
	version, mode, translated := strings.Cut(strings.TrimPrefix(c.ICD, "icd"), "_")
	if err != nil || !translated {
		return r, err
	}
	into, err := strconv.Atoi(version)
	if err != nil {
		return r, err
	}
	diagnoses, err := gem.Diagnoses(into)
	if err != nil {
		return r, err
	}
	procedures, err := gem.Procedures(into)
	r.Diagnosis = r.Diagnosis.translated(into, diagnoses, gem.Mode(mode))
	r.Procedure = r.Procedure.translated(into, procedures, gem.Mode(mode))
	return r, err
}

// translated is the category of a code's targets, each once.
func (of Category) translated(into int, m *gem.Mapping, mode gem.Mode) Category {
	return func(version int, code string) (labels []string) {
		if version == into || version != 9 && version != 10 {
			return of(version, code)
		}
		for _, target := range m.Targets(code, mode) {
			for _, label := range of(into, target) {
				if !slices.Contains(labels, label) {
					labels = append(labels, label)
				}
			}
		}
		return labels
	}
}
