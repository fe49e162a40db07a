// Package title knows what the categories of ICD-9-CM's and ICD-10's codes are called.
package title

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"
)

// Kind says what codes are of: both kinds of ICD-9 have the same ones.
type Kind string

// The kinds.
const (
	Diagnosis Kind = "diagnosis"
	Procedure Kind = "procedure"
)

// titles.csv holds version, kind, category and title; oracle/icd_titles.py wrote it of
// the texts of CMS and CDC, which are in the public domain.
//
//go:embed titles.csv
var file string

var titles = sync.OnceValue(func() map[string]string {
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program
	}
	all := make(map[string]string, len(rows))
	for _, row := range rows {
		all[row[0]+":"+row[1]+":"+row[2]] = row[3]
	}
	return all
})

// Of is what a category is called, "" where it is not known. The category is a label of a
// task as recipes write it, with its version of ICD: 9:428.
func Of(kind Kind, category string) string {
	version, code, _ := strings.Cut(category, ":")
	return titles()[version+":"+string(kind)+":"+code]
}
