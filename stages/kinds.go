package stages

// The kinds of artifacts that several stages make or take. An artifact is a dataset
// of files.
const (
	KindTokenizer = "tokenizer" // what transformers' AutoTokenizer loads
	KindModel     = "model"     // a Hugging Face folder of a model
	KindAdapter   = "adapter"   // a folder of the PEFT library, with adapters beside it
	KindMetrics   = "metrics"   // metrics.json
	KindReport    = "report"    // report.html
)
