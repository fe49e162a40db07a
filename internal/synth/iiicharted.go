package synth

import "math/rand/v2"

// What is charted of a ventilator, of what comes after it, and of all patients, in
// CareVue and in MetaVision. Of the heart no label reads.
var (
	chartedModes  = [2][]charted{{{720, "Assist Control"}, {720, "CPAP"}, {639, "500"}, {60, "5"}}, {{223849, "CMV/ASSIST"}, {223849, "CPAP/PSV"}, {224685, "480"}, {220339, "5"}}}
	chartedOxygen = [2]charted{{467, "Nasal Cannula"}, {226732, "Nasal cannula"}}
	chartedHeart  = [2]charted{{211, "88"}, {220045, "88"}}
	chartedTube   = charted{640, "Extubated"} // CareVue's; MetaVision's is a procedure event
)

// charted is an item and what stands there.
type charted struct {
	item  int64
	value string
}

// chartEvery is the time between the settings of a ventilator that are charted. One in
// twenty is left out, is an error or has no value, so that there are gaps of eight
// hours, which episodes of ventilation may have, and of more, which they may not.
const (
	chartEvery = 4 * hour
	chartLost  = 0.05
)

// charter writes what is charted in a stay.
type charter struct {
	s      *stay
	system int // 0 CareVue, 1 MetaVision
	random *rand.Rand
	write  func(what charted, at clock, isError string)
}

// chart writes the settings of the ventilator over each interval of ventilation, how
// it ended, and a heart rate.
func (s *stay) chart(p *patient, a *admission, r *records) {
	c := charter{s: s, random: stream(p.subjectID, "chart", s.id)}
	if s.metavision() {
		c.system = 1
	}
	c.write = func(what charted, at clock, isError string) {
		r.begin(iiiCharted).num(p.subjectID).num(a.hadmID).num(s.id).num(what.item).time(at).time(at + 7*minute).
			num(14_000 + s.id%1000).text(what.value).text("").text("").text("").text(isError).text("").text("NotStopd").end()
	}
	c.write(chartedHeart[c.system], s.in, "0")
	for _, e := range s.events {
		if e.item.id == invasiveVent.id {
			c.ventilated(e.start, e.end, a.death == 0)
		}
	}
}

func (c *charter) ventilated(start, end clock, survived bool) {
	for at := start; at < end; at += chartEvery {
		c.setting(at)
	}
	c.write(chartedModes[c.system][0], end, "0")
	if !survived {
		return
	}
	if c.system == 0 {
		c.write(chartedTube, end, "0")
	}
	c.write(chartedOxygen[c.system], end+hour, "0")
}

// setting writes one of the ventilator's settings.
func (c *charter) setting(at clock) {
	what := chartedModes[c.system][c.random.IntN(len(chartedModes[c.system]))]
	switch x := c.random.Float64(); {
	case x < chartLost/3:
	case x < chartLost*2/3:
		c.write(what, at, "1")
	case x < chartLost:
		c.write(charted{item: what.item}, at, "0")
	default:
		c.write(what, at, "0")
	}
}
