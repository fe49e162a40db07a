package jsonfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// errLarge is what EachMember and EachElement say of malformed JSON. Where it is
// malformed, Unmarshal of the same text says.
var errLarge = errors.New("malformed JSON")

// EachMember visits the members of a JSON object in their order and leaves the values
// undecoded: for objects of hundreds of thousands of members, of which Unmarshal would
// make a map in many times the time. Of a value it is checked only where it ends.
func EachMember(object []byte, visit func(key string, value []byte) error) error {
	w := walker{text: object}
	if !w.take('{') {
		return errLarge
	}
	for first := true; !w.take('}'); first = false {
		if !first && !w.take(',') {
			return errLarge
		}
		name := w.value()
		key, err := String(name)
		if err != nil || !w.take(':') {
			return errLarge
		}
		value := w.value()
		if value == nil {
			return errLarge
		}
		if err := visit(key, value); err != nil {
			return err
		}
	}
	return w.end()
}

// EachElement visits the elements of a JSON array as EachMember visits members.
func EachElement(array []byte, visit func(value []byte) error) error {
	w := walker{text: array}
	if !w.take('[') {
		return errLarge
	}
	for first := true; !w.take(']'); first = false {
		if !first && !w.take(',') {
			return errLarge
		}
		value := w.value()
		if value == nil {
			return errLarge
		}
		if err := visit(value); err != nil {
			return err
		}
	}
	return w.end()
}

// String decodes a JSON string.
func String(value []byte) (s string, err error) {
	if n := len(value); n >= 2 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value) {
		return string(value[1 : n-1]), nil
	}
	if len(value) == 0 || value[0] != '"' {
		return "", errLarge
	}
	return s, json.Unmarshal(value, &s)
}

// walker goes through JSON text from value to value.
type walker struct {
	text []byte
	at   int
}

func (w *walker) skipBlanks() {
	for w.at < len(w.text) && bytes.IndexByte([]byte(" \t\r\n"), w.text[w.at]) >= 0 {
		w.at++
	}
}

// take goes over a character where it stands next, after blanks.
func (w *walker) take(c byte) bool {
	w.skipBlanks()
	if w.at == len(w.text) || w.text[w.at] != c {
		return false
	}
	w.at++
	return true
}

// end says whether nothing but blanks is left.
func (w *walker) end() error {
	if w.skipBlanks(); w.at < len(w.text) {
		return errLarge
	}
	return nil
}

// value is the text of the next value, nil where there is none or its end is missing.
func (w *walker) value() []byte {
	w.skipBlanks()
	from, whole := w.at, true
	switch {
	case w.at == len(w.text):
		return nil
	case w.text[w.at] == '"':
		whole = w.skipString()
	case w.text[w.at] == '{' || w.text[w.at] == '[':
		whole = w.skipNested()
	default:
		for w.at < len(w.text) && bytes.IndexByte([]byte("\",:{}[] \t\r\n"), w.text[w.at]) < 0 {
			w.at++
		}
	}
	if !whole || w.at == from {
		return nil
	}
	return w.text[from:w.at]
}

// skipNested goes behind the object or array that begins here.
func (w *walker) skipNested() bool {
	depth := 0
	for w.at < len(w.text) {
		switch w.text[w.at] {
		case '"':
			if !w.skipString() {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if w.at++; depth == 0 {
			return true
		}
	}
	return false
}

// skipString goes behind the string that begins here.
func (w *walker) skipString() bool {
	for w.at++; w.at < len(w.text); w.at++ {
		switch w.text[w.at] {
		case '\\':
			w.at++
		case '"':
			w.at++
			return true
		}
	}
	return false
}
