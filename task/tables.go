// Package task is what a model learns to predict, and the rows that carry it from
// a text to a prediction.
package task

import "github.com/clinflow/clinflow/dataset"

// The kinds of datasets.
const (
	KindTexts       = "texts"
	KindTokens      = "tokens"
	KindLabels      = "labels"
	KindLabelSet    = "label_set" // the labels of a multilabel task, with their counts
	KindSplits      = "splits"
	KindPredictions = "predictions"
)

// The tables.
const (
	TableTexts       = "texts"
	TableTokens      = "tokens"
	TableLabels      = "labels"
	TableMEDS        = "meds"
	TableSplits      = "splits"
	TablePredictions = "predictions"
)

// CountWithdrawn is the count, in the manifest of texts and of their tokens, of the rows
// that take a text away from the datasets that are given before.
const CountWithdrawn = "withdrawn"

// The first version of tokens had splits and labels beside them, that of labels no
// prediction_time, that of splits no hadm_id.
const (
	tokensVersion = 2
	labelsVersion = 2
	splitsVersion = 2
)

func init() {
	dataset.RegisterKind(KindTokens, tokensVersion)
	dataset.RegisterTable[Text](TableTexts, 1)
	dataset.RegisterTable[Tokens](TableTokens, tokensVersion)
	dataset.RegisterTable[Label](TableLabels, labelsVersion)
	dataset.RegisterTable[MEDSLabel](TableMEDS, 1)
	dataset.RegisterTable[Split](TableSplits, splitsVersion)
	dataset.RegisterTable[Prediction](TablePredictions, 1)
}
