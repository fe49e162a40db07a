// Package builtin registers every stage that ships with clinflow. A binary
// imports it for its side effect, beside packages with stages of its own. Their
// examples come with them.
package builtin

import (
	_ "github.com/clinflow/clinflow/examples"
	_ "github.com/clinflow/clinflow/stages/card"
	_ "github.com/clinflow/clinflow/stages/eval"
	_ "github.com/clinflow/clinflow/stages/eval/cards"
	_ "github.com/clinflow/clinflow/stages/eval/compare"
	_ "github.com/clinflow/clinflow/stages/eval/report"
	_ "github.com/clinflow/clinflow/stages/eval/subgroups"
	_ "github.com/clinflow/clinflow/stages/ingest"
	_ "github.com/clinflow/clinflow/stages/label"
	_ "github.com/clinflow/clinflow/stages/label/given"
	_ "github.com/clinflow/clinflow/stages/promotion"
	_ "github.com/clinflow/clinflow/stages/split"
	_ "github.com/clinflow/clinflow/stages/synth"
	_ "github.com/clinflow/clinflow/stages/text"
	_ "github.com/clinflow/clinflow/stages/tokenize"
	_ "github.com/clinflow/clinflow/stages/tokenize/bytebpe"
	_ "github.com/clinflow/clinflow/stages/tokenize/hf"
	_ "github.com/clinflow/clinflow/stages/train"
)
