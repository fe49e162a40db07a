package synth

import "math/rand/v2"

// stay is an ICU stay and the procedure events charted in it.
type stay struct {
	id          int64
	first, last string // care units
	in, out     clock
	weight      float64
	events      []event
}

// event is a row of procedureevents.
type event struct {
	item       item
	start, end clock
	store      clock
	order      int64
	caregiver  int64
	site       string
	place      string // category of the site
}

// item is a kind of procedure event with MIMIC-IV's item id.
type item struct {
	id       int64
	category string
	task     bool // charted at a moment, not over time
	sites    []string
	place    string
}

var (
	intubation     = item{id: 224385, category: "Intubation/Extubation", task: true}
	extubation     = item{id: 227194, category: "Intubation/Extubation", task: true}
	invasiveVent   = item{id: 225792, category: "Ventilation"}
	noninvasive    = item{id: 225794, category: "Ventilation"}
	chestXRay      = item{id: 225459, category: "Imaging", task: true}
	peripheralLine = item{id: 224275, category: "Peripheral Lines", sites: []string{"Left Antecubital", "Right Antecubital", "Left Hand", "Right Forearm, Lower"}, place: "Peripheral"}
	centralLine    = item{id: 224263, category: "Invasive Lines", sites: []string{"Right IJ", "Left IJ", "Right Femoral"}, place: "Invasive Venous"}
)

var careUnits = []string{"Medical Intensive Care Unit (MICU)", "Medical/Surgical Intensive Care Unit (MICU/SICU)", "Surgical Intensive Care Unit (SICU)", "Cardiac Vascular Intensive Care Unit (CVICU)", "Coronary Care Unit (CCU)", "Trauma SICU (TSICU)", "Neuro Stepdown"}

// icuShare is the chance of an ICU stay without ventilation, by level of shock.
var icuShare = [...]float64{0.08, 0.3, 0.9}

const (
	secondStayRate  = 0.12
	noninvasiveRate = 0.25 // ICU stays on supplemental oxygen
)

// drawStays puts the ventilated span into the first ICU stay; a second stay is
// free of ventilation.
func (a *admission) drawStays(p *patient, k int, random *rand.Rand) {
	if a.ventilation == ventNone && random.Float64() >= icuShare[a.factors[shock]] {
		return
	}
	end := max(a.discharge, a.death)
	s := stay{id: p.release.ids.stay(p.number, k, 0), weight: float64(between(random, 420, 1300)) / 10}
	s.in = a.ventStart - clock(float64(a.ventStart-a.admit)*spread(random, 0, 0.5))
	s.out = a.ventEnd + clock(float64(end-a.ventEnd)*spread(random, 0.05, 0.5))
	s.first = oneOf(random, careUnits)
	s.last = s.first
	if random.IntN(8) == 0 {
		s.last = oneOf(random, careUnits)
	}
	a.ventilate(&s, random)
	s.addLines(random)
	a.stays = append(a.stays, s)
	if left := end - s.out; left > 2*day && random.Float64() < secondStayRate {
		second := stay{id: p.release.ids.stay(p.number, k, 1), first: s.first, last: s.first, weight: s.weight}
		second.in, second.out = s.out+left/4, s.out+left/2
		second.addLines(random)
		a.stays = append(a.stays, second)
	}
}

// ventilate charts the ventilation. A long span is cut into up to three
// intervals with an extubation and an intubation between them.
func (a *admission) ventilate(s *stay, random *rand.Rand) {
	if a.ventilation == ventNone {
		if a.factors[oxygen] == 1 && random.Float64() < noninvasiveRate {
			s.add(noninvasive, s.in, s.in+(s.out-s.in)/3, random)
		}
		return
	}
	cuts := 1
	if a.ventilation > ventBrief {
		cuts = between(random, 1, 3)
	}
	length := (a.ventEnd - a.ventStart) / clock(cuts)
	for i := range cuts {
		start, end := a.ventStart+clock(i)*length, a.ventStart+clock(i+1)*length
		if i == cuts-1 {
			end = a.ventEnd
		} else {
			end -= min(length/4, 6*hour)
		}
		s.add(intubation, start, start+minute, random)
		s.add(invasiveVent, start, end, random)
		if a.death == 0 || i < cuts-1 {
			s.add(extubation, end, end+minute, random)
		}
	}
}

func (s *stay) addLines(random *rand.Rand) {
	for range between(random, 1, 3) {
		line := peripheralLine
		if random.IntN(3) == 0 {
			line = centralLine
		}
		start := s.in + clock(float64(s.out-s.in)*spread(random, 0, 0.4))
		s.add(line, start, start+(s.out-start)/2, random)
	}
	s.add(chestXRay, s.in, s.in+minute, random)
}

func (s *stay) add(what item, start, end clock, random *rand.Rand) {
	start, end = start-start%minute, end-end%minute
	e := event{item: what, start: start, end: end, store: end + clock(random.IntN(90))*minute}
	e.order, e.caregiver = 1+random.Int64N(9_999_999), 1+random.Int64N(99_999)
	if len(what.sites) > 0 {
		e.site, e.place = oneOf(random, what.sites), what.place
	}
	s.events = append(s.events, e)
}

func (s *stay) write(p *patient, a *admission, t *[tableCount]rows) {
	t[tableStays].num(p.subjectID).num(a.hadmID).num(s.id).text(s.first).text(s.last).
		time(s.in).time(s.out).float(float64(s.out-s.in) / float64(day)).end()
	for _, e := range s.events {
		value, unit, kind, bag := int64(e.end-e.start)/60, "min", "ContinuousProcess", int64(1)
		if e.item.task {
			value, unit, kind, bag = 1, "None", "Task", 0
		}
		t[tableEvents].num(p.subjectID).num(a.hadmID).num(s.id).num(e.caregiver).
			time(e.start).time(e.end).time(e.store).num(e.item.id).num(value).text(unit).
			text(e.site).text(e.place).num(e.order).num(e.order).text(e.item.category).text(kind).
			float(s.weight).num(bag).num(0).text("FinishedRunning").num(value).num(bag).end()
	}
}

// longVentilation is where the other of the two procedure codes of mechanical
// ventilation begins.
const longVentilation = 96 * hour

// ventilationCodes are the procedure codes of mechanical ventilation of ICD-9 and
// ICD-10, for up to and for more than 96 hours.
var ventilationCodes = [2][2]string{{"9671", "9672"}, {"5A1945Z", "5A1955Z"}}

// ventilationCode is the procedure code of mechanical ventilation.
func (a *admission) ventilationCode() []coded {
	if a.ventilation == ventNone {
		return nil
	}
	long := 0
	if a.ventEnd-a.ventStart > longVentilation {
		long = 1
	}
	return []coded{{&mechanicalVentilation, ventilationCodes[a.version-9][long], a.version}}
}

var mechanicalVentilation = condition{procedure: true, name: "mechanical ventilation"}
