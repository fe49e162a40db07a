package declared

import (
	"errors"
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// errUnknown is what an expression comes to that asks for a time that is not known, or
// for the first of none. It is absorbed where the rest decides, as in `true || x`.
var errUnknown = errors.New("a value that is not known")

// record is a row of a table, as expressions see it.
type record struct {
	kind  *kind
	row   reflect.Value      // of mimic's struct
	lists map[string]ref.Val // of records, such as an admission's diagnoses
}

// list is the value of a list of records.
func list(rows []*record) ref.Val {
	values := make([]ref.Val, len(rows))
	for i, r := range rows {
		values[i] = r
	}
	return types.NewRefValList(types.DefaultTypeAdapter, values)
}

// rowOf is the row that a record stands for.
func rowOf[R any](r *record) R { return r.row.Interface().(R) }

// ConvertToNative implements ref.Val; there is nothing that a record becomes.
func (r *record) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s is no %s", r.kind.name, to)
}

// ConvertToType implements ref.Val.
func (r *record) ConvertToType(to ref.Type) ref.Val {
	if to == types.TypeType {
		return r.kind.celType
	}
	return types.NewErr("%s is no %s", r.kind.name, to.TypeName())
}

// Equal says whether two records are of the same row.
func (r *record) Equal(other ref.Val) ref.Val {
	o, ok := other.(*record)
	return types.Bool(ok && o == r)
}

// Type implements ref.Val.
func (r *record) Type() ref.Type { return r.kind.celType }

// Value implements ref.Val.
func (r *record) Value() any { return r }
