package pipelines

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// The DoFns are named to Beam by their types alone. The generic registrations
// call them without reflection, but cost a minute of compile time, and the
// elements here are part numbers: a call a part.
func init() {
	for _, fn := range []any{
		listFn{}, scanFn{}, mergeFn{}, everyPartFn{}, mapFn{},
		accumulateFn{}, mergeKeyFn{}, finishFn{}, commitFn{},
	} {
		beam.RegisterType(reflect.TypeOf(fn))
	}
}
