package task

import "github.com/clinflow/clinflow/dataset"

// Example is one document of a task. Label holds the class of a single-label
// task, Labels the indices of a multi-label one.
type Example struct {
	ExampleID      string       `parquet:"example_id,plain"`
	SubjectID      int64        `parquet:"subject_id"`
	HadmID         int64        `parquet:"hadm_id"`
	Split          string       `parquet:"split"`
	PredictionTime dataset.Time `parquet:"prediction_time,optional"`
	Text           string       `parquet:"text,plain" phi:"true"`
	Label          int32        `parquet:"label"`
	Labels         []int32      `parquet:"labels"`
}

// MEDSLabel is a label in the MEDS label schema
// (https://github.com/Medical-Event-Data-Standard/meds). Since version 0.4 nothing
// in it may be null; a table has those of the values that its labels have.
type MEDSLabel struct {
	SubjectID        int64        `parquet:"subject_id"`
	PredictionTime   dataset.Time `parquet:"prediction_time"`
	BooleanValue     bool         `parquet:"boolean_value,absent"`
	IntegerValue     int64        `parquet:"integer_value,absent"`
	CategoricalValue string       `parquet:"categorical_value,absent"`
}

// Tokens is one tokenized document: InputIDs is unpadded, [n_tokens], int32.
// Token ids are text in another form and as confidential.
type Tokens struct {
	ExampleID string  `parquet:"example_id,plain"`
	SubjectID int64   `parquet:"subject_id"`
	Split     string  `parquet:"split"`
	InputIDs  []int32 `parquet:"input_ids" phi:"true"`
	NTokens   int32   `parquet:"n_tokens"`
	Label     int32   `parquet:"label"`
	Labels    []int32 `parquet:"labels"`
}

// Prediction is a model's answer for one example: Logits is [classes], float32.
// The evaluation turns logits into scores, so that softmax and sigmoid are both
// to be had from one prediction.
type Prediction struct {
	ExampleID string    `parquet:"example_id,plain"`
	SubjectID int64     `parquet:"subject_id"`
	Task      string    `parquet:"task"`
	Variant   string    `parquet:"variant"`
	Split     string    `parquet:"split"`
	Label     int32     `parquet:"label"`
	Labels    []int32   `parquet:"labels"`
	Logits    []float32 `parquet:"logits"`
}
