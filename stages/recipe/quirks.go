package recipe

import (
	"encoding/json"
	"reflect"

	"github.com/clinflow/clinflow/stages"
)

// Quirks are the rules that recipes differ in, each one a switch of its own. The files
// that the docs name are those of bvanaken/clinical-outcome-prediction at b376f4b, whose
// labels are called CORe's (van Aken et al. 2021). CORe has no PMV: its quirks, of which
// the names begin with pmv_, are those of Clinical XLNet (Huang et al. 2020), whose Rmd is
// cohort_curation/HST953_FALL2019_Cohort_Selection27Sep19.Rmd of lindvalllab/clinicalXLNet
// at 45087b8.
type Quirks struct {
	ReadAddenda        bool `json:"read_addenda,omitempty" doc:"addenda are read with the report, which an admission needs all the same (filter_notes in mimic_utils.py); off: left out, for they are written later"`
	ReadErrors         bool `json:"read_errors,omitempty" doc:"notes that are marked as errors are read (mimic_utils.py never looks at ISERROR); off: left out; MIMIC-IV marks none"`
	DropNewborns       bool `json:"drop_newborns,omitempty" doc:"admissions of the type NEWBORN have no text (filter_notes in mimic_utils.py); MIMIC-IV has had none since 2.0"`
	PandasOrder        bool `json:"pandas_order,omitempty" doc:"notes are in the order of CHARTDATE, charttime in MIMIC-IV, and those of one day as pandas 1.5 leaves them (sort_values in mimic_utils.py); off: by note_seq, day and row; needs text.core_notes"`
	DropDuplicateTexts bool `json:"drop_duplicate_texts,omitempty" doc:"of equal texts in the whole table the last one is read (drop_duplicates in mimic_utils.py); off: each admission keeps its own; needs text.core_notes"`
	JoinNotes          bool `json:"join_notes,omitempty" doc:"the notes of an admission are joined by an empty line and read as one (filter_notes in mimic_utils.py); off: each is read by itself, so that the end of one cannot leak into the next"`

	CoreSections        bool `json:"core_sections,omitempty" doc:"a section is what lies between its header and the next line with a colon after an empty line, and nothing without one (filter_admission_text in mimic_utils.py); off: headings are read with their day, stages/text/sections"`
	HeaderAnywhere      bool `json:"header_anywhere,omitempty" doc:"with core_sections: a header counts where it first stands, in a sentence too (the pattern in mimic_utils.py has no anchor); off: where it begins a line, three words in front at most"`
	StrictDoubleNewline bool `json:"strict_double_newline,omitempty" doc:"with core_sections: a line of blanks is no empty line (the pattern in mimic_utils.py wants two newlines); off: it is one, as MIMIC-IV's summaries need"`

	DeathFilters        bool `json:"death_filters,omitempty" doc:"MOR is refused with texts that text.without_deaths has not seen (mp.py since September 2021); off: any texts of the admission will do (mp.py of February 2021)"`
	DeathPhraseAnywhere bool `json:"death_phrase_anywhere,omitempty" doc:"the phrase of a death goes from the first line behind the words physical exam: or medication on admission: wherever they stand, and the blanks around it stay (mp.py); off: from these sections alone"`

	RoundedStay   bool `json:"rounded_stay,omitempty" doc:"lengths of stay are rounded to a tenth of a day, halves to the even one, before they are classed (los.py); off: exact"`
	NegativeStays bool `json:"negative_stays,omitempty" doc:"a stay that ends before it begins, as organ donors have, is a short one (los.py); off: it has no length and is left out"`

	VCodes4               bool `json:"v_codes_4,omitempty" doc:"ICD-9 diagnoses that begin with V keep 4 characters, a level below their category (dia.py); off: 3; codes of ICD-10 are as they are"`
	IntegerProcedureCodes bool `json:"integer_procedure_codes,omitempty" doc:"ICD-9 procedures are read as integers, so 0331 is cut to 331 (pro.py reads the column without a type); off: to 033; codes of ICD-10 are as they are"`
	BareCodes             bool `json:"bare_codes,omitempty" doc:"labels of ICD-9 are the codes alone (dia.py, pro.py); off: 9: stands in front, as 10: always does in front of ICD-10's"`
	LabelsOfWholeTable    bool `json:"labels_of_whole_table,omitempty" doc:"label.set lists every label of the whole table, in the order of its first row (dia.py, pro.py), and needs no split; off: those that enough train admissions have"`

	PMVCharted          bool `json:"pmv_charted,omitempty" doc:"PMV: ventilation is what mimic-code finds in chartevents (ventdurations of MIMIC-III in the Rmd; of MIMIC-IV the invasive episodes of its concept ventilation); off: procedureevents, which MIMIC-III has of MetaVision's years alone"`
	PMVFlowJoin         bool `json:"pmv_flow_join,omitempty" doc:"with pmv_charted, in MIMIC-IV: a device of oxygen is lost where no flow was charted with it (the join of mimic-code's oxygen_delivery.sql); off: it counts"`
	PMVAnyStay          bool `json:"pmv_any_stay,omitempty" doc:"PMV: the ICU stay that was ventilated longest decides (ventCheck and process, by ICUSTAY_ID and then HADM_ID); off: the first one of the admission"`
	PMVAdults           bool `json:"pmv_adults,omitempty" doc:"PMV: ICU stays below 18 years are left out (ADMISSION_AGE in the Rmd); off: no age is asked for; MIMIC-IV has adults alone"`
	PMVNoHeadNeckCancer bool `json:"pmv_no_head_neck_cancer,omitempty" doc:"PMV: admissions with cancer of head and neck are left out, ICD-9 140 to 149 (the Rmd); off: kept"`
	PMVNoNeuromuscular  bool `json:"pmv_no_neuromuscular,omitempty" doc:"PMV: admissions with a neuromuscular disease are left out, ICD-9 358.01, 358.9, 359.0 and 359.1 (the Rmd); off: kept"`
	PMVNoBurns          bool `json:"pmv_no_burns,omitempty" doc:"PMV: admissions with burns of the eyes, of face, head and neck, or of 30 % of the body or more are left out, ICD-9 940, 941 and 948.3 to 948.9 (the Rmd picks nine titles of 94 by their place in a list); off: kept"`
	PMVNoDonors         bool `json:"pmv_no_donors,omitempty" doc:"PMV: admissions of organ donors are left out, ICD-9 V59, all titles with the word donor (the Rmd); off: kept"`
}

// clinical is the sound one: what was known on admission and nothing else, codes in
// their own version, labels that the test patients have no say in.
var clinical = Quirks{DeathFilters: true}

// core is what the published scripts do.
var core = Quirks{
	ReadAddenda: true, ReadErrors: true, DropNewborns: true, PandasOrder: true, DropDuplicateTexts: true, JoinNotes: true,
	CoreSections: true, HeaderAnywhere: true, StrictDoubleNewline: true,
	DeathFilters: true, DeathPhraseAnywhere: true,
	RoundedStay: true, NegativeStays: true,
	VCodes4: true, IntegerProcedureCodes: true, BareCodes: true, LabelsOfWholeTable: true,
	PMVCharted: true, PMVFlowJoin: true, PMVAnyStay: true, PMVAdults: true,
	PMVNoHeadNeckCancer: true, PMVNoNeuromuscular: true, PMVNoBurns: true, PMVNoDonors: true,
}

// Overrides are the quirks that a configuration sets; the others are the recipe's own.
type Overrides struct{ given json.RawMessage }

// Fields implements stages.Chooser: the keys are those of Quirks, none of them has a
// default.
func (Overrides) Fields() stages.Fields { return stages.FieldsOf[Quirks]() }

// UnmarshalJSON keeps what is given until the recipe is known.
func (o *Overrides) UnmarshalJSON(text []byte) error {
	o.given = append(json.RawMessage(nil), text...)
	return nil
}

// over sets in a recipe's quirks what is given.
func (o Overrides) over(q Quirks) (Quirks, error) {
	if len(o.given) == 0 {
		return q, nil
	}
	err := json.Unmarshal(o.given, &q)
	return q, err
}

// unlike lists the quirks by which q differs from a recipe's own, such as
// -death_filters, in the order of their declaration.
func (q Quirks) unlike(own Quirks) (signed []string) {
	mine, others := reflect.ValueOf(q), reflect.ValueOf(own)
	for i, f := range stages.FieldsOf[Quirks]() {
		switch on := mine.Field(i).Bool(); {
		case on == others.Field(i).Bool():
		case on:
			signed = append(signed, "+"+f.Key)
		default:
			signed = append(signed, "-"+f.Key)
		}
	}
	return signed
}
