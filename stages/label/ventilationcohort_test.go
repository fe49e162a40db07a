package label_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// ventilatedFor is an admission, of a grown-up, with an ICU stay of so long an
// invasive ventilation in procedureevents.
func ventilatedFor(span dataset.Time) tables {
	return tables{
		admissions:  []mimic.Admission{{SubjectID: 1, HadmID: 10, Admittime: admit}},
		icustays:    []mimic.ICUStay{icu(5, 0)},
		ventilation: []mimic.Ventilation{tube(5, 0, span)},
	}
}

// pmvLabel is the label of the one admission, or why it has none.
func pmvLabel(t *testing.T, config string, in stages.Inputs) string {
	t.Helper()
	d := stagetest.Run(t, "label.ventilation", config, in)
	for name, n := range d.Manifest.Counts {
		if n > 0 && strings.HasPrefix(name, "dropped.") {
			return name
		}
	}
	return fmt.Sprint(labelsOf(t, d)[0].Label)
}

// Who is left out of Clinical XLNet's cohort is in that of the recipe clinical, unless the
// quirk is on.
func TestPMVQuirks(t *testing.T) {
	born := func(years int) mimic.Patient {
		return mimic.Patient{SubjectID: 1, Dob: admit - dataset.Time(years)*dataset.Time(365.242*float64(day)) - day}
	}
	coded := func(version int32, code string) func(*tables) {
		return func(s *tables) {
			s.diagnoses = []mimic.Code{{SubjectID: 1, HadmID: 10, SeqNum: 1, ICDCode: "4019", ICDVersion: 9}, {SubjectID: 1, HadmID: 10, SeqNum: 2, ICDCode: code, ICDVersion: version}}
		}
	}
	longerLater := func(s *tables) {
		s.icustays = append(s.icustays, icu(9, 5*day))
		s.ventilation = append(s.ventilation, tube(9, 5*day, 15*day))
	}
	for name, c := range map[string]struct {
		quirk     string
		patient   mimic.Patient
		with      func(*tables)
		on, other string // with the quirk, and without
	}{
		"a child":                    {"pmv_adults", born(17), nil, "dropped.not_adult", "0"},
		"of 18 years":                {"pmv_adults", born(18), nil, "0", "0"},
		"of no known age":            {"pmv_adults", mimic.Patient{SubjectID: 1}, nil, "dropped.not_adult", "0"},
		"by the anchor":              {"pmv_adults", mimic.Patient{SubjectID: 1, AnchorAge: 18, AnchorYear: 2179}, nil, "0", "0"},
		"cancer of the tongue":       {"pmv_no_head_neck_cancer", born(50), coded(9, "1419"), "dropped.head_neck_cancer", "0"},
		"the same in ICD-10":         {"pmv_no_head_neck_cancer", born(50), coded(10, "C029"), "dropped.head_neck_cancer", "0"},
		"cancer of the oesophagus":   {"pmv_no_head_neck_cancer", born(50), coded(9, "1509"), "0", "0"},
		"myasthenia in exacerbation": {"pmv_no_neuromuscular", born(50), coded(9, "35801"), "dropped.neuromuscular", "0"},
		"myasthenia without":         {"pmv_no_neuromuscular", born(50), coded(9, "35800"), "0", "0"},
		"dystrophy, split in 2018":   {"pmv_no_neuromuscular", born(50), coded(10, "G7109"), "dropped.neuromuscular", "0"},
		"a burn of the face":         {"pmv_no_burns", born(50), coded(9, "94120"), "dropped.burns", "0"},
		"its aftermath in ICD-10":    {"pmv_no_burns", born(50), coded(10, "T2020XS"), "0", "0"},
		"a burn of 20 %":             {"pmv_no_burns", born(50), coded(9, "94820"), "0", "0"},
		"a burn of 30 % in ICD-10":   {"pmv_no_burns", born(50), coded(10, "T3130"), "dropped.burns", "0"},
		"a donor":                    {"pmv_no_donors", born(50), coded(9, "V594"), "dropped.donor", "0"},
		"the second stay is longer":  {"pmv_any_stay", born(50), longerLater, "1", "0"},
		"the second stay alone":      {"pmv_any_stay", born(50), func(s *tables) { longerLater(s); s.ventilation = s.ventilation[1:] }, "1", "dropped.no_invasive_ventilation"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ventilatedFor(2 * day)
			if c.with != nil {
				c.with(&s)
			}
			in := s.withPatient(t, c.patient)
			for config, want := range map[string]string{
				"{recipe: core, quirks: {pmv_charted: false}}": c.on,
				"{quirks: {" + c.quirk + ": true}}":            c.on,
				"{}":                                           c.other,
			} {
				if got := pmvLabel(t, config, in); got != want {
					t.Errorf("%s: %s, want %s", config, got, want)
				}
			}
		})
	}
}

// charted is a value of the ICU stay 5.
func charted(item int64, at dataset.Time, value string) mimic.ChartEvent {
	return mimic.ChartEvent{SubjectID: 1, HadmID: 10, StayID: 5, ItemID: item, Charttime: admit + at, Value: value}
}

// every is a value charted every four hours up to a time.
func every(item int64, until dataset.Time, value string) (rows []mimic.ChartEvent) {
	for at := dataset.Time(0); at <= until; at += day / 6 {
		rows = append(rows, charted(item, at, value))
	}
	return rows
}

// What is charted tells ventilation in both databases by their own items, whatever
// procedureevents says.
func TestPMVByWhatWasCharted(t *testing.T) {
	const mode, hamilton, device, flow = 223849, 229314, 226732, 223834
	extubated := mimic.Ventilation{SubjectID: 1, HadmID: 10, StayID: 5, Kind: mimic.Extubation, Starttime: admit + day}
	for name, c := range map[string]struct {
		database string
		rows     []mimic.ChartEvent
		points   []mimic.Ventilation
		quirks   string
		want     string
	}{
		"III, two days":                      {mimic.MIMICIII, every(445, 2*day, "7"), nil, "", "0"},
		"III, seven days":                    {mimic.MIMICIII, every(445, 7*day, "7"), nil, "", "1"},
		"III, a mask is ventilation":         {mimic.MIMICIII, every(mode, 7*day, "NIV"), nil, "", "1"},
		"III, extubated in between":          {mimic.MIMICIII, every(445, 7*day, "7"), []mimic.Ventilation{extubated}, "", "1"},
		"III, an item of MIMIC-IV":           {mimic.MIMICIII, every(hamilton, 7*day, "ASV"), nil, "", "dropped.no_invasive_ventilation"},
		"IV, seven days":                     {mimic.MIMICIV, every(mode, 7*day, "CMV"), nil, "", "1"},
		"IV, a mask is none":                 {mimic.MIMICIV, every(hamilton, 7*day, "NIV"), nil, "", "dropped.no_invasive_ventilation"},
		"IV, a device and no flow":           {mimic.MIMICIV, every(device, 7*day, "Endotracheal tube"), nil, "", "dropped.no_invasive_ventilation"},
		"IV, a device, whatever the flow":    {mimic.MIMICIV, every(device, 7*day, "Endotracheal tube"), nil, "pmv_flow_join: false, ", "1"},
		"IV, a device and its flow":          {mimic.MIMICIV, append(every(device, 7*day, "Endotracheal tube"), every(flow, 7*day, "10")...), nil, "", "1"},
		"IV, procedureevents has no say":     {mimic.MIMICIV, nil, []mimic.Ventilation{tube(5, 0, 9*day)}, "", "dropped.no_invasive_ventilation"},
		"IV, procedureevents where it is so": {mimic.MIMICIV, nil, []mimic.Ventilation{tube(5, 0, 9*day)}, "pmv_charted: false, ", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ventilatedFor(0)
			s.ventilation, s.chartevents, s.release = c.points, c.rows, mimic.Release{Database: c.database, ChartEvents: true}
			config := "{recipe: core, quirks: {" + c.quirks + "pmv_adults: false}}"
			if got := pmvLabel(t, config, s.inputs(t, 1)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// The patients' rows are theirs alone, though they lie side by side, some without an
// admission.
func TestChartedValuesFindTheirPatient(t *testing.T) {
	s := tables{release: mimic.Release{Database: mimic.MIMICIII, ChartEvents: true}}
	for subject := int64(1); subject <= 7; subject++ {
		for _, row := range every(445, dataset.Time(subject)*day, "7") {
			row.SubjectID, row.HadmID, row.StayID = subject, 0, subject
			s.chartevents = append(s.chartevents, row)
		}
		if subject%3 == 1 {
			s.admissions = append(s.admissions, mimic.Admission{SubjectID: subject, HadmID: subject * 10, Admittime: admit}, mimic.Admission{SubjectID: subject, HadmID: subject*10 + 1, Admittime: admit})
			s.icustays = append(s.icustays, mimic.ICUStay{SubjectID: subject, HadmID: subject*10 + 1, StayID: subject, Intime: admit})
		}
	}
	d := stagetest.Run(t, "label.ventilation", "{recipe: core, quirks: {pmv_adults: false}}", s.inputs(t, 1))
	wantCounts(t, d, map[string]int64{"read": 6, "kept": 2, "positives": 1, "dropped.no_icu_stay": 3, "dropped.short_ventilation": 1})
}

func TestChartedVentilationNeedsCharts(t *testing.T) {
	wantRefusal(t, exit.Usage, "label.ventilation", "{recipe: core}", ventilatedFor(2*day).inputs(t, 1), "chartevents: true", "pmv_charted: false")
}

// reading is a step that reads patients, with their charts or without.
type reading bool

func (r reading) ReadsChartEvents() bool { return bool(r) }

// That the charts are not read is told before anything is.
func TestChartedVentilationIsChecked(t *testing.T) {
	spec, _ := stages.Default.Lookup("label.ventilation")
	for _, c := range []struct {
		config string
		built  any
		faults int
	}{
		{`{"recipe": "core"}`, reading(false), 1},
		{`{"recipe": "core"}`, reading(true), 0},
		{`{"recipe": "core"}`, nil, 0},
		{`{"recipe": "core", "quirks": {"pmv_charted": false}}`, reading(false), 0},
		{`{"recipe": "clinical", "quirks": {"pmv_charted": true}}`, reading(false), 1},
		{`{"recipe": "clinical"}`, reading(false), 0},
	} {
		stage, err := spec.Build(stages.Default, []byte(c.config))
		if err != nil {
			t.Fatal(err)
		}
		in := stages.Givers{"patients": {{Step: "tables", Built: c.built}}}
		faults := stage.(stages.Checked).Check(t.Context(), in)
		if len(faults) != c.faults {
			t.Errorf("%s, %v: %v", c.config, c.built, faults)
		}
		for _, f := range faults {
			if f.Key != "in.patients" || !strings.Contains(f.What(), "tables") || !strings.Contains(f.What(), "chartevents: true") {
				t.Errorf("%s: %s", f.Key, f.What())
			}
		}
	}
}
