package task

import "github.com/clinflow/clinflow/dataset"

// Text is what is known of an admission, or a note, when the model is asked. Rows of
// a part are in the order of (subject_id, hadm_id, text_id).
type Text struct {
	TextID         string       `parquet:"text_id,plain"` // of an admission's text the decimal hadm_id
	SubjectID      int64        `parquet:"subject_id"`
	HadmID         int64        `parquet:"hadm_id,optional"`
	PredictionTime dataset.Time `parquet:"prediction_time,optional"` // nothing in the text is of later
	// Withdrawn takes away the text of the same text_id in the datasets that are given
	// before this one; Text is empty then.
	Withdrawn bool   `parquet:"withdrawn"`
	Text      string `parquet:"text,plain" phi:"true"`
}

// Label is the outcome of an admission, or of one of its texts. Label is the number
// of the one label of a binary or multiclass task, Labels are the numbers of a
// multilabel one, ascending. Rows of a part are in the order of (subject_id,
// hadm_id, text_id).
type Label struct {
	SubjectID      int64        `parquet:"subject_id"`
	HadmID         int64        `parquet:"hadm_id,optional"`
	TextID         string       `parquet:"text_id,optional"`         // empty: all texts of the admission
	PredictionTime dataset.Time `parquet:"prediction_time,optional"` // the index time: a text of later may tell the label
	Label          int32        `parquet:"label"`
	Labels         []int32      `parquet:"labels"`
}

// Split says what a patient's examples are for: train, val or test. Where HadmID is set
// it says so of that admission alone, before what is said of the patient. Rows of a part
// are in the order of (subject_id, hadm_id), each pair once.
type Split struct {
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"` // 0: all that is known of the patient
	Split     string `parquet:"split"`
}

// Tokens are a tokenized text: InputIDs is unpadded, [n_tokens], int32; none for a
// text that is withdrawn. Token ids are text in another form and as confidential.
type Tokens struct {
	TextID    string  `parquet:"text_id,plain"`
	SubjectID int64   `parquet:"subject_id"`
	HadmID    int64   `parquet:"hadm_id,optional"`
	InputIDs  []int32 `parquet:"input_ids" phi:"true"`
	NTokens   int32   `parquet:"n_tokens"`
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
