package ventilation

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/clinflow/clinflow/mimic"
)

// support is how a patient of MIMIC-IV breathes at a moment, "" what was not charted.
type support struct {
	mode, hamilton string    // of the ventilator
	devices        [4]string // of oxygen, the one that was documented last first
}

// status is the first that fits.
func (s support) status() Status {
	first := s.devices[0]
	switch {
	case tracheostomies[first]:
		return Tracheostomy
	case tubes[first] || invasiveModes[s.mode] || invasiveHamilton[s.hamilton]:
		return InvasiveVent
	case slices.ContainsFunc(s.devices[:], func(device string) bool { return masks[device] }) || maskHamilton[s.hamilton]:
		return NonInvasiveVent
	case highFlow[first]:
		return HFNC
	case supplemental[first]:
		return SupplementalOxygen
	case noDevice[first]:
		return NoOxygen
	}
	return ""
}

// settings is the row of ventilator_setting that a patient's rows of one time make; stay
// 0: none.
func settings(rows []mimic.ChartEvent) (stay int64, mode, hamilton string) {
	for _, r := range rows {
		if !settingsIV[r.ItemID] || r.StayID == 0 || r.Value == "" {
			continue
		}
		stay = max(stay, r.StayID)
		switch r.ItemID {
		case ivMode:
			mode = max(mode, r.Value)
		case ivModeHamilton:
			hamilton = max(hamilton, r.Value)
		}
	}
	return stay, mode, hamilton
}

// oxygen is the row of oxygen_delivery that a patient's rows of one time make; stay 0:
// none. It is of the stay of the flows, and of the devices' where those have none.
func oxygen(rows []mimic.ChartEvent, loneDevices bool) (stay int64, devices [4]string) {
	flows, found := lastFlows(rows), lastDevices(rows)
	if len(flows) == 0 && !loneDevices {
		return 0, devices
	}
	var stayOfDevices int64
	for i, r := range found {
		stayOfDevices = max(stayOfDevices, r.StayID)
		if i < len(devices) {
			devices[i] = r.Value
		}
	}
	for _, r := range flows {
		stay = max(stay, cmp.Or(r.StayID, stayOfDevices))
	}
	return cmp.Or(stay, stayOfDevices), devices
}

// lastDevices are the rows of devices, the one that was stored last first and of those
// the one that sorts last. They may lack a value.
func lastDevices(rows []mimic.ChartEvent) (devices []mimic.ChartEvent) {
	for _, r := range rows {
		if r.ItemID == ivDevice {
			devices = append(devices, r)
		}
	}
	slices.SortStableFunc(devices, func(a, b mimic.ChartEvent) int {
		return cmp.Or(cmp.Compare(b.Storetime, a.Storetime), cmp.Compare(b.Value, a.Value))
	})
	return devices
}

// lastFlows are the rows of flow, one of each kind: the one that was stored last, and of
// those the highest.
func lastFlows(rows []mimic.ChartEvent) map[int64]mimic.ChartEvent {
	last := map[int64]mimic.ChartEvent{}
	for _, r := range rows {
		if !flowsIV[r.ItemID] || r.Value == "" {
			continue
		}
		kind := r.ItemID
		if kind == ivFlowBipap {
			kind = ivFlow
		}
		other, known := last[kind]
		if !known || cmp.Or(cmp.Compare(r.Storetime, other.Storetime), cmp.Compare(valueOf(r), valueOf(other))) > 0 {
			last[kind] = r
		}
	}
	return last
}

// valueOf is a row's number, the least of all where it has none.
func valueOf(r mimic.ChartEvent) float64 {
	n, err := strconv.ParseFloat(r.Value, 64)
	if err != nil {
		return math.Inf(-1)
	}
	return n
}
