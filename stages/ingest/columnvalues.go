package ingest

import (
	"strconv"
	"time"
	"unsafe"

	"github.com/clinflow/clinflow/dataset"
)

// viewOf is a field as text, without a copy of it: the spill makes one, of the rows that
// are kept.
func viewOf(field []byte) string { return unsafe.String(unsafe.SliceData(field), len(field)) }

// wholeNumber reads decimal digits and nothing else: no sign, blank or point.
func wholeNumber(field []byte) (n int64, ok bool) {
	if len(field) == 0 || len(field) > 18 { // of 18 digits every number has room
		n, err := strconv.ParseUint(string(field), 10, 63)
		return int64(n), err == nil
	}
	for _, b := range field {
		digit := b - '0'
		if digit > 9 {
			return 0, false
		}
		n = 10*n + int64(digit)
	}
	return n, true
}

// timeOf reads a time of a layout in which every number has a fixed width, as
// time.DateTime and time.DateOnly are. time.Parse takes eight times as long, and would let
// some digits be left out.
func timeOf(layout string, field []byte) (dataset.Time, bool) {
	if len(field) != len(layout) {
		return 0, false
	}
	var numbers [6]int // year to second
	number := 0
	for i, b := range field {
		digit := b - '0'
		switch isDigit := layout[i]-'0' <= 9; {
		case isDigit && digit <= 9:
			numbers[number] = 10*numbers[number] + int(digit)
		case isDigit || b != layout[i]:
			return 0, false
		default:
			number++
		}
	}
	year, month, day := numbers[0], time.Month(numbers[1]), numbers[2]
	hour, minute, second := numbers[3], numbers[4], numbers[5]
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	_, m, d := t.Date() // another one where there is no such day
	return dataset.Time(t.UnixMicro()), m == month && d == day && hour < 24 && minute < 60 && second < 60
}
