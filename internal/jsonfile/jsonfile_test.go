package jsonfile

import (
	"strings"
	"testing"
)

type settings struct {
	Size int     `json:"size"`
	Eps  float64 `json:"eps"`
}

func TestFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":                "the file is empty",
		"<!DOCTYPE html>": "web page",
		"version https://git-lfs.github.com/spec/v1\n": "Git LFS pointer",
		"{\x00\"\x00s\x00i\x00z\x00":                   "UTF-16",
		"{\"size\": 1,\n \"eps\": NaN}":                "line 2, column 9: NaN and Infinity",
		"{\"size\": 1,\n \"eps\": -Infinity}":          "NaN and Infinity",
		"{\"size\": 1,\n \"eps":                        "ends within the object, at line 2",
		"{\"size\": 1,\n \"eps\": 2,}":                 "malformed JSON at line 2, column 11",
		"{'size': 1}":                                  "malformed JSON at line 1, column 2",
		"// comment\n{\"size\": 1}":                    "malformed JSON at line 1, column 1",
		"{\"size\": 1} x":                              "malformed JSON at line 1, column 13",
		"{\"size\": 1}\x00":                            "malformed JSON at line 1, column 12",
		"{\"size\": \"1\"}":                            "size: has the wrong type",
		"[1]":                                          "want an object",
		"\"x\"":                                        "want an object",
		"null":                                         "null",
	} {
		for name, read := range map[string]func([]byte, any) error{"Unmarshal": Unmarshal, "Exact": Exact} {
			var s settings
			if err := read([]byte(text), &s); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s of %q: %v, want %q", name, text, err, want)
			}
		}
	}
}

func TestKeysAreTakenAsTheyAreWritten(t *testing.T) {
	s := settings{Eps: 1}
	if err := Exact([]byte("\uFEFF{\"size\": 2, \"SIZE\": 3, \"Eps\": 4, \"other\": {}}"), &s); err != nil || s != (settings{Size: 2, Eps: 1}) {
		t.Errorf("%+v, %v", s, err)
	}
}
