package parquet

import (
	"errors"
	"time"
)

// Time is microseconds since 1970-01-01 as the source wrote the clock: MIMIC's
// shifted times carry no zone, and none is added. Zero means absent.
type Time int64

// clock is how a Time is written as text, such as 2180-05-06 22:23:00.
const clock = "2006-01-02 15:04:05.999999"

// MarshalText writes the time as a clock shows it; an absent one is empty.
func (t Time) MarshalText() ([]byte, error) {
	if t == 0 {
		return nil, nil
	}
	return time.UnixMicro(int64(t)).UTC().AppendFormat(nil, clock), nil
}

// UnmarshalText reads what MarshalText writes. Its error does not quote the text.
func (t *Time) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = 0
		return nil
	}
	at, err := time.Parse(clock, string(text))
	if err != nil {
		return errors.New("want a time as 2180-05-06 22:23:00")
	}
	*t = Time(at.UnixMicro())
	return nil
}
