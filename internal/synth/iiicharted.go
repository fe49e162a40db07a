package synth

// What a ventilator and an extubation are charted as, in CareVue and in MetaVision.
var (
	chartedMode   = [2]charted{{720, "Assist Control"}, {223849, "CMV/ASSIST"}}
	chartedOxygen = [2]charted{{467, "Nasal Cannula"}, {226732, "Nasal cannula"}}
	chartedHeart  = [2]charted{{211, "88"}, {220045, "88"}}
)

// charted is an item and what stands there.
type charted struct {
	item  int64
	value string
}

// chartEvery is the time between the settings of a ventilator that are charted: the
// episodes end at gaps of eight hours.
const chartEvery = 4 * hour

// chart writes the settings of the ventilator over each interval of ventilation, the
// oxygen after the last, and a heart rate, which no label reads.
func (s *stay) chart(p *patient, a *admission, r *records) {
	system := 0
	if s.metavision() {
		system = 1
	}
	write := func(what charted, at clock) {
		r.begin(iiiCharted).num(p.subjectID).num(a.hadmID).num(s.id).num(what.item).time(at).time(at + 7*minute).
			num(14_000 + s.id%1000).text(what.value).text("").text("").text("").text("0").text("").text("NotStopd").end()
	}
	write(chartedHeart[system], s.in)
	last := clock(0)
	for _, e := range s.events {
		if e.item.id != invasiveVent.id {
			continue
		}
		for at := e.start; at < e.end; at += chartEvery {
			write(chartedMode[system], at)
		}
		write(chartedMode[system], e.end)
		last = e.end
	}
	if last != 0 && a.death == 0 {
		write(chartedOxygen[system], last+hour)
	}
}
