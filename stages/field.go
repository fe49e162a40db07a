package stages

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// NamePattern is what names of variants and tasks are made of: they become keys of
// metrics, words of reports and file names.
var NamePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// Field is one configuration key of a stage, read from a struct field's tags:
//
//	MaxLength int `json:"max_length" default:"128" unit:"tokens" min:"1" doc:"…"`
//
// A field without `default` is mandatory unless its `json` tag has omitempty.
// `enum:"a,b"` lists allowed values, `min` and `max` bound numbers,
// `name:"true"` marks a name that matches NamePattern, `told:"FILE"` a mapping whose keys
// a document describes once for all stages that take them, and
// `path:"…"` marks a local path or URI. Where it lies is left out of fingerprints;
// what enters them are the files that the stage reads there, named by the tag:
// patterns of path.Match below the folder, with commas between them, such as
// `path:"config.json,*.safetensors"`. `path:"true"` is for a source, which lists
// its files itself, and elsewhere means all of them. `absent:"true"` says of a path that
// it may lead nowhere yet, which is the same as to an empty folder.
type Field struct {
	Key     string
	Type    reflect.Type
	Default string
	Unit    string
	Doc     string
	Enum    []string
	Min     string
	Max     string
	Path    bool
	Reads   []string // patterns of the files that are read at a path; nil: all
	Absent  bool     // what a path leads to need not be there yet
	Prefix  string   // what may stand before a path and says that its file is read otherwise
	Name    bool     // the text is a name: see NamePattern
	Told    string   // document that describes the keys of Nested; the reference names them alone
	// Required says that the key must be given.
	Required bool
	// Nested holds the fields of a key whose value is a struct, a pointer to one
	// or a list of them.
	Nested Fields
	// Files are those that ship for the key of a Filed struct; nil: the key takes no file.
	Files fs.FS
	// When holds the values of the key ChooserKey beside it with which the key is taken;
	// nil: it always is. See Chooser.
	When []string
}

// ChooserKey is the key of a Chooser that says what is chosen.
const ChooserKey = "type"

// Chooser is a configuration struct whose keys are not those of its fields, but depend on
// what it says under ChooserKey, such as the methods of an adapter. What can be chosen
// registers itself, so its keys are asked for whenever they are needed.
type Chooser interface {
	// Fields are the key ChooserKey and those of all choices, each with When.
	Fields() Fields
}

// Filed is a configuration struct that may stand in a file of its own: beside a mapping
// its key takes the name of a file that ships, or the path of one. What the file says
// becomes the configuration, so that a file that says something else is another one.
type Filed interface {
	// Shipped has the files that ship, NAME.yaml each.
	Shipped() fs.FS
}

// Fields are a configuration's keys in order of declaration.
type Fields []Field

// FieldsOf reads the configuration struct C. It panics on a field without a
// json key or a doc: both are faults of the program.
func FieldsOf[C any]() Fields { return fieldsOf(reflect.TypeFor[C]()) }

func fieldsOf(t reflect.Type) Fields {
	var fields Fields
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous { // keys shared by stages, flat as in encoding/json
			fields = append(fields, fieldsOf(f.Type)...)
		} else {
			fields = append(fields, fieldOf(t, f))
		}
	}
	return fields
}

func fieldOf(owner reflect.Type, f reflect.StructField) Field {
	key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	doc := f.Tag.Get("doc")
	if key == "" || doc == "" {
		panic(fmt.Sprintf("stage configuration %s.%s needs a json key and a doc tag", owner, f.Name))
	}
	def, hasDefault := f.Tag.Lookup("default")
	field := Field{
		Key: key, Type: f.Type, Default: def, Doc: doc,
		Unit: f.Tag.Get("unit"), Min: f.Tag.Get("min"), Max: f.Tag.Get("max"),
		Name: f.Tag.Get("name") == "true", Told: f.Tag.Get("told"), Prefix: f.Tag.Get("prefix"),
		Required: !hasDefault && options != "omitempty" && f.Type.Kind() != reflect.Struct,
	}
	if enum := f.Tag.Get("enum"); enum != "" {
		field.Enum = strings.Split(enum, ",")
	}
	if files := f.Tag.Get("path"); files != "" {
		field.Path = true
		field.Absent = f.Tag.Get("absent") == "true"
		if files != "true" {
			field.Reads = strings.Split(files, ",")
		}
	}
	if t := elemOf(f.Type); t.Kind() == reflect.Struct {
		field.Nested = nestedIn(t)
	}
	if filed, ok := reflect.Zero(f.Type).Interface().(Filed); ok {
		field.Files, field.Required = filed.Shipped(), true
	}
	return field
}

func nestedIn(t reflect.Type) Fields {
	if c, ok := reflect.Zero(t).Interface().(Chooser); ok {
		return c.Fields()
	}
	return fieldsOf(t)
}

// Chosen are the fields that are taken where the key ChooserKey has a value, "" where it
// is left out. With a value that is none of its choices all are, and no choice's is required.
func (fs Fields) Chosen(value string) Fields {
	chooser, ok := fs.Find(ChooserKey)
	if value == "" {
		value = chooser.Default
	}
	chosen := slices.Clone(fs)
	if !ok || slices.Contains(chooser.Enum, value) {
		return slices.DeleteFunc(chosen, func(f Field) bool { return f.When != nil && !slices.Contains(f.When, value) })
	}
	for i, f := range chosen {
		chosen[i].Required = f.Required && f.When == nil
	}
	return chosen
}

func elemOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// Find returns the field of a key.
func (fs Fields) Find(key string) (Field, bool) {
	i := slices.IndexFunc(fs, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return fs[i], true
}

// When lists the choices that a key goes with: see Field.When.
func (fs Fields) When(key string) (choices []string) {
	for _, f := range fs {
		if f.Key == key {
			choices = append(choices, f.When...)
		}
	}
	return choices
}

// Keys lists the keys in order.
func (fs Fields) Keys() []string {
	keys := make([]string, len(fs))
	for i, f := range fs {
		keys[i] = f.Key
	}
	return keys
}

// DefaultValue is the default as JSON, and whether there is one. A text default
// is written bare in the tag.
func (f Field) DefaultValue() (json.RawMessage, bool) {
	switch {
	case f.Default == "":
		return nil, false
	case f.Type.Kind() == reflect.String:
		quoted, _ := json.Marshal(f.Default)
		return quoted, true
	default:
		return json.RawMessage(f.Default), true
	}
}
