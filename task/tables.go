// Package task is what a model learns to predict, and the rows that carry it from
// a text to a prediction.
package task

import "github.com/clinflow/clinflow/dataset"

// The kinds of datasets.
const (
	KindTexts       = "texts"
	KindLabels      = "labels"
	KindLabelSet    = "label_set" // the labels of a multilabel task, with their counts
	KindSplits      = "splits"
	KindTextTokens  = "text_tokens"
	KindExamples    = "examples"
	KindTokens      = "tokens"
	KindPredictions = "predictions"
	KindVocabulary  = "vocabulary"
)

// The tables.
const (
	TableTexts       = "texts"
	TableLabels      = "labels"
	TableSplits      = "splits"
	TableTextTokens  = "text_tokens"
	TableExamples    = "examples"
	TableMEDS        = "meds"
	TableTokens      = "tokens"
	TablePredictions = "predictions"
)

func init() {
	dataset.RegisterTable[Text](TableTexts, 1)
	dataset.RegisterTable[Label](TableLabels, 1)
	dataset.RegisterTable[Split](TableSplits, 1)
	dataset.RegisterTable[TextTokens](TableTextTokens, 1)
	dataset.RegisterTable[Example](TableExamples, 1)
	dataset.RegisterTable[MEDSLabel](TableMEDS, 1)
	dataset.RegisterTable[Tokens](TableTokens, 1)
	dataset.RegisterTable[Prediction](TablePredictions, 1)
}
