package synth

import (
	"strconv"
	"time"
)

// cells are the wanted fields of a record, by the order of their columns' names.
// The first that is malformed is kept as the fault; it shows no content.
type cells struct {
	names  []string
	fields []string
	fault  string
}

func (c *cells) text(i int) string { return c.fields[i] }

func (c *cells) refuse(fault string) {
	if c.fault == "" {
		c.fault = fault
	}
}

func (c *cells) malformed(i int) { c.refuse("malformed " + c.names[i]) }

// id is a positive number that must be there.
func (c *cells) id(i int) int64 {
	n, err := strconv.ParseInt(c.text(i), 10, 64)
	if err != nil || n <= 0 {
		c.malformed(i)
	}
	return n
}

// time may be empty.
func (c *cells) time(i int) clock {
	if c.text(i) == "" {
		return 0
	}
	at, err := time.Parse(time.DateTime, c.text(i))
	if err != nil || len(c.text(i)) != len(time.DateTime) {
		c.malformed(i)
	}
	return clock(at.Unix())
}

// choice is the position of the field among the ones that may stand there.
func (c *cells) choice(i int, choices ...string) int {
	for n, text := range choices {
		if c.text(i) == text {
			return n
		}
	}
	c.malformed(i)
	return 0
}
