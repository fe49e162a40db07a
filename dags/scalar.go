package dags

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/stages"
)

type fault struct{ what, hint string }

// decimal leaves out YAML's octal and hexadecimal integers: 010 in a hospital's
// file is ten, or a slip.
var decimal = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*(_[0-9]+)*)$`)

// wanted names a type as a person would.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list of " + wanted(t.Elem())
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Struct:
		return "a mapping"
	default:
		return "an integer"
	}
}

// scalarOf reads a text as the JSON of a type.
func scalarOf(t reflect.Type, n *node) (json.RawMessage, fault) {
	switch kind := t.Kind(); {
	case kind == reflect.String:
		encoded, err := json.Marshal(n.text)
		if err != nil {
			return nil, fault{"malformed text", ""}
		}
		return encoded, fault{}
	case n.quoted:
		return nil, fault{"want " + wanted(t) + ", got a quoted text", "take the quotes away"}
	case kind == reflect.Bool:
		return boolOf(n.text)
	case kind == reflect.Float32 || kind == reflect.Float64:
		return floatOf(n.text)
	default:
		return integerOf(t, n.text)
	}
}

func boolOf(text string) (json.RawMessage, fault) {
	if text == "true" || text == "false" {
		return json.RawMessage(text), fault{}
	}
	return nil, fault{fmt.Sprintf("want true or false, got %q", text), ""}
}

func floatOf(text string) (json.RawMessage, fault) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || strings.ContainsAny(text, "xX") {
		return nil, fault{fmt.Sprintf("want a number, got %q", text), ""}
	}
	return json.RawMessage(strconv.FormatFloat(v, 'g', -1, 64)), fault{}
}

func integerOf(t reflect.Type, text string) (json.RawMessage, fault) {
	if !decimal.MatchString(text) {
		return nil, fault{fmt.Sprintf("want an integer, got %q", text), ""}
	}
	digits := strings.TrimPrefix(strings.ReplaceAll(text, "_", ""), "+")
	var err error
	if t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64 {
		_, err = strconv.ParseUint(digits, 10, t.Bits())
	} else {
		_, err = strconv.ParseInt(digits, 10, t.Bits())
	}
	if err != nil {
		return nil, fault{fmt.Sprintf("%s is out of range", text), fmt.Sprintf("the value is kept in %d bits", t.Bits())}
	}
	return json.RawMessage(digits), fault{}
}

// bounds checks a value against its field's enum, min and max.
func bounds(f stages.Field, t reflect.Type, text string) fault {
	if len(f.Enum) > 0 && !slices.Contains(f.Enum, text) {
		return fault{fmt.Sprintf("%q is not allowed", text), suggest.Choice(text, f.Enum)}
	}
	if f.Name && !stages.NamePattern.MatchString(text) {
		return fault{"is no name", "at most 64 letters, digits, _ . and -"}
	}
	if t.Kind() == reflect.String || t.Kind() == reflect.Bool {
		return fault{}
	}
	v := number(text)
	switch {
	case f.Min != "" && v < number(f.Min):
		return fault{text + " is too small", limits(f)}
	case f.Max != "" && v > number(f.Max):
		return fault{text + " is too large", limits(f)}
	default:
		return fault{}
	}
}

// number reads a text already known to be a number.
func number(text string) float64 {
	v, _ := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	return v
}

func limits(f stages.Field) string {
	unit := ""
	if f.Unit != "" {
		unit = " " + f.Unit
	}
	switch {
	case f.Min != "" && f.Max != "":
		return "allowed: " + f.Min + " to " + f.Max + unit
	case f.Min != "":
		return "at least " + f.Min + unit
	default:
		return "at most " + f.Max + unit
	}
}
