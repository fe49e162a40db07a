// Package shard is a dataset on disk: tables as Parquet parts, artifact files,
// and a manifest written last. A folder without a manifest does not exist.
package shard

// SchemaVersion is the version of the tables' columns and of the manifest.
// Readers take no other.
const SchemaVersion = 2

// The kinds of datasets.
const (
	KindPatients    = "patients"
	KindExamples    = "examples"
	KindTokens      = "tokens"
	KindPredictions = "predictions"
	KindTokenizer   = "tokenizer"
	KindModel       = "model"
	KindAdapter     = "adapter"
	KindMetrics     = "metrics"
	KindReport      = "report"
	KindMIMIC       = "mimic"
	KindVocabulary  = "vocabulary"
)

// The names of the tables that are built in.
const (
	TablePatients    = "patients"
	TableAdmissions  = "admissions"
	TableDiagnoses   = "diagnoses"
	TableProcedures  = "procedures"
	TableICUStays    = "icustays"
	TableVentilation = "ventilation"
	TableNotes       = "notes"
	TableExamples    = "examples"
	TableMEDS        = "meds"
	TableTokens      = "tokens"
	TablePredictions = "predictions"
	TableQuarantine  = "quarantine"
)

// tables knows each table's row type, so that a part without rows still gets a
// file with the right columns.
var tables = map[string]*layout{
	TablePatients:    layoutOf[Patient](),
	TableAdmissions:  layoutOf[Admission](),
	TableDiagnoses:   layoutOf[Code](),
	TableProcedures:  layoutOf[Code](),
	TableICUStays:    layoutOf[ICUStay](),
	TableVentilation: layoutOf[Ventilation](),
	TableNotes:       layoutOf[Note](),
	TableExamples:    layoutOf[Example](),
	TableMEDS:        layoutOf[MEDSLabel](),
	TableTokens:      layoutOf[Tokens](),
	TablePredictions: layoutOf[Prediction](),
	TableQuarantine:  layoutOf[Reject](),
}

// RegisterTable adds a table with rows of type T, for stages outside this
// project. It is called from an init function and panics on a name taken twice.
func RegisterTable[T any](name string) {
	if _, taken := tables[name]; taken {
		panic("table registered twice: " + name)
	}
	tables[name] = layoutOf[T]()
}
