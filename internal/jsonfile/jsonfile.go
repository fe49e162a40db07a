// Package jsonfile reads JSON files that other programs wrote and says what is wrong
// with one: what lies there in place of JSON, where it is malformed, or which key has
// the wrong type.
package jsonfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/clinflow/clinflow/internal/foreign"
	"github.com/clinflow/clinflow/internal/textio"
)

// notANumber is what Python writes for numbers that JSON has no words for.
var notANumber = regexp.MustCompile(`^(?:NaN|-?Infinity)\b`)

// Unmarshal is json.Unmarshal, without a byte order mark before the text. The error
// goes behind the file's name and shows nothing of its values.
func Unmarshal(data []byte, dst any) error {
	if err := foreign.Refuse(data); err != nil {
		return err
	}
	data = textio.WithoutMark(data)
	err := json.Unmarshal(data, dst)
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil && string(bytes.TrimSpace(data)) == "null":
		return errors.New("malformed JSON: it is null, want an object")
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return malformed(data, syntax)
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("%s: has the wrong type", wrong.Field)
	case errors.As(err, &wrong):
		return errors.New("malformed JSON, want an object")
	}
	return errors.New("a value has the wrong type")
}

// malformed says where the text stops being JSON.
func malformed(data []byte, fault *json.SyntaxError) error {
	at := min(max(int(fault.Offset)-1, 0), len(data))
	place := fmt.Sprintf("line %d, column %d", bytes.Count(data[:at], []byte("\n"))+1, at-bytes.LastIndexByte(data[:at], '\n'))
	word := at
	for word > 0 && bytes.IndexByte([]byte("-NaInfity"), data[word-1]) >= 0 {
		word--
	}
	switch {
	case fault.Error() == endsEarly:
		return fmt.Errorf("malformed JSON: it ends within the object, at %s; the file is truncated, get it again", place)
	case notANumber.Match(data[word:]):
		return fmt.Errorf("malformed JSON at %s: NaN and Infinity are no numbers there; write a number or null", place)
	}
	return fmt.Errorf("malformed JSON at %s, want an object", place)
}

// endsEarly is what encoding/json says of a text that is cut off.
const endsEarly = "unexpected end of JSON input"

// Exact is Unmarshal into a struct whose keys are taken as they are written:
// json.Unmarshal alone takes NAME for name, and the one that comes last.
func Exact(data []byte, dst any) error {
	var all map[string]json.RawMessage
	if err := Unmarshal(data, &all); err != nil {
		return err
	}
	known := map[string]json.RawMessage{}
	fields := reflect.TypeOf(dst).Elem()
	for i := range fields.NumField() {
		if raw, ok := all[fields.Field(i).Tag.Get("json")]; ok {
			known[fields.Field(i).Tag.Get("json")] = raw
		}
	}
	text, err := json.Marshal(known)
	if err != nil {
		return errors.New("malformed JSON, want an object")
	}
	return Unmarshal(text, dst)
}

// IsSet says whether a key's value is more than null, false or nothing.
func IsSet(raw json.RawMessage) bool {
	var compact bytes.Buffer
	if len(raw) == 0 {
		return false
	}
	if json.Compact(&compact, raw) != nil {
		return true
	}
	return !slices.Contains([]string{"null", "false", "{}", "[]", `""`}, compact.String())
}
