package pickle

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// byte takes one byte.
func (m *machine) byte() (byte, bool) {
	b, ok := m.take(1)
	if !ok {
		return 0, false
	}
	return b[0], true
}

// take takes n bytes.
func (m *machine) take(n uint64) ([]byte, bool) {
	if n > uint64(len(m.data)-m.at) {
		return nil, false
	}
	taken := m.data[m.at : m.at+int(n)]
	m.at += int(n)
	return taken, true
}

// line takes the bytes up to a line feed, and that.
func (m *machine) line() (string, bool) {
	line, _, ok := bytes.Cut(m.data[m.at:], []byte("\n"))
	if ok {
		m.at += len(line) + 1
	}
	return string(line), ok
}

// little takes a number of up to eight bytes, the lowest first.
func (m *machine) little(n uint64) (uint64, bool) {
	var whole [8]byte
	taken, ok := m.take(n)
	copy(whole[:], taken)
	return binary.LittleEndian.Uint64(whole[:]), ok
}

func (m *machine) unsigned(n uint64) bool {
	value, ok := m.little(n)
	return ok && m.push(int64(value))
}

// signed takes a number in two's complement.
func (m *machine) signed(n uint64) bool {
	value, ok := m.little(n)
	unused := 64 - 8*n
	return ok && m.push(int64(value<<unused)>>unused)
}

// long takes a number of as many bytes as the number before it says; none is 0.
func (m *machine) long(sizeBytes uint64) bool {
	n, ok := m.little(sizeBytes)
	if n == 0 {
		return ok && m.push(int64(0))
	}
	return ok && n <= 8 && m.signed(n)
}

// lineNumber takes the key of a memo as digits.
func (m *machine) lineNumber() (uint64, bool) {
	line, ok := m.line()
	n, err := strconv.ParseUint(line, 10, 64)
	return n, ok && err == nil
}

// decimal takes a number as digits; 00 and 01 are booleans.
func (m *machine) decimal() bool {
	line, ok := m.line()
	if line == "00" || line == "01" {
		return ok && m.push(line == "01")
	}
	n, err := strconv.ParseInt(line, 10, 64)
	return ok && err == nil && m.push(n)
}

// decimalLong takes a number as digits and the letter L.
func (m *machine) decimalLong() bool {
	line, ok := m.line()
	n, err := strconv.ParseInt(strings.TrimSuffix(line, "L"), 10, 64)
	return ok && err == nil && m.push(n)
}

func (m *machine) decimalFloat() bool {
	line, ok := m.line()
	x, err := strconv.ParseFloat(line, 64)
	return ok && err == nil && m.push(x)
}

func (m *machine) float() bool {
	taken, ok := m.take(8)
	return ok && m.push(math.Float64frombits(binary.BigEndian.Uint64(taken)))
}

// text takes UTF-8 of as many bytes as the number before it says.
func (m *machine) text(sizeBytes uint64) bool {
	n, ok := m.little(sizeBytes)
	if !ok {
		return false
	}
	taken, ok := m.take(n)
	return ok && utf8.Valid(taken) && m.push(string(taken))
}

// escapedText takes a line of Latin-1, in which other characters are escaped. Only
// ASCII without escapes is taken.
func (m *machine) escapedText() bool {
	line, ok := m.line()
	plain := !strings.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf || r == '\\' })
	return ok && plain && m.push(line)
}
