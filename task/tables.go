// Package task is what a model learns to predict, and the rows that carry it from
// a text to a prediction.
package task

import "github.com/clinflow/clinflow/dataset"

// The kinds of datasets.
const (
	KindExamples    = "examples"
	KindTokens      = "tokens"
	KindPredictions = "predictions"
	KindVocabulary  = "vocabulary"
)

// The tables.
const (
	TableExamples    = "examples"
	TableMEDS        = "meds"
	TableTokens      = "tokens"
	TablePredictions = "predictions"
)

func init() {
	dataset.RegisterKind(KindExamples, 1)
	dataset.RegisterKind(KindTokens, 1)
	dataset.RegisterKind(KindPredictions, 1)
	dataset.RegisterKind(KindVocabulary, 1)
	dataset.RegisterTable[Example](TableExamples, 1)
	dataset.RegisterTable[MEDSLabel](TableMEDS, 1)
	dataset.RegisterTable[Tokens](TableTokens, 1)
	dataset.RegisterTable[Prediction](TablePredictions, 1)
}
