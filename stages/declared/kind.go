package declared

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// kind is a type of records: the columns of a table, and lists of other records.
type kind struct {
	name    string
	celType *cel.Type
	fields  map[string]*types.FieldType
}

// kinds by name. Their columns are those of the Parquet tables, under the same names.
var kinds = map[string]*kind{}

var (
	patientKind     = newKind[mimic.Patient]("Patient")
	admissionKind   = newKind[mimic.Admission]("Admission")
	diagnosisKind   = newKind[mimic.Code]("Diagnosis")
	procedureKind   = newKind[mimic.Code]("Procedure")
	icuStayKind     = newKind[mimic.ICUStay]("ICUStay")
	ventilationKind = newKind[mimic.Ventilation]("Ventilation")
)

// The lists of a patient are over all admissions, those of an admission are its own.
func init() {
	patientKind.list("admissions", admissionKind)
	for _, k := range []*kind{patientKind, admissionKind} {
		k.list("diagnoses", diagnosisKind)
		k.list("procedures", procedureKind)
		k.list("icustays", icuStayKind)
		k.list("ventilation", ventilationKind)
	}
}

func newKind[R any](name string) *kind {
	k := &kind{name, cel.ObjectType(name), map[string]*types.FieldType{}}
	row := reflect.TypeFor[R]()
	for i := range row.NumField() {
		if column, _, _ := strings.Cut(row.Field(i).Tag.Get("parquet"), ","); column != "" {
			k.fields[column] = columnOf(row.Field(i), i)
		}
	}
	kinds[name] = k
	return k
}

// columnOf is the field of a column. A time that is not known is an error, and has()
// asks for it; other columns are never unknown to an expression.
func columnOf(f reflect.StructField, index int) *types.FieldType {
	at := func(target any) reflect.Value { return target.(*record).row.Field(index) }
	switch {
	case f.Type == reflect.TypeFor[dataset.Time]():
		return &types.FieldType{
			Type:  cel.TimestampType,
			IsSet: func(target any) bool { return at(target).Int() != 0 },
			GetFrom: func(target any) (any, error) {
				if t := at(target).Int(); t != 0 {
					return timeOf(dataset.Time(t)), nil
				}
				return nil, errUnknown
			},
		}
	case f.Type.Kind() == reflect.String:
		return &types.FieldType{
			Type:    cel.StringType,
			IsSet:   func(target any) bool { return at(target).Len() > 0 },
			GetFrom: func(target any) (any, error) { return at(target).String(), nil },
		}
	case f.Type.Kind() == reflect.Int32 || f.Type.Kind() == reflect.Int64:
		return &types.FieldType{
			Type:    cel.IntType,
			IsSet:   func(target any) bool { return at(target).Int() != 0 },
			GetFrom: func(target any) (any, error) { return at(target).Int(), nil },
		}
	}
	panic(fmt.Sprintf("column %s is of %s, which expressions do not know", f.Name, f.Type))
}

// list adds a list of records to a kind.
func (k *kind) list(name string, of *kind) {
	k.fields[name] = &types.FieldType{
		Type:    cel.ListType(of.celType),
		IsSet:   func(target any) bool { return target.(*record).lists[name] != nil },
		GetFrom: func(target any) (any, error) { return target.(*record).lists[name], nil },
	}
}

// provider knows the kinds beside the types of CEL.
type provider struct{ types.Provider }

// FindStructType implements types.Provider.
func (p provider) FindStructType(name string) (*types.Type, bool) {
	if k, ok := kinds[name]; ok {
		return types.NewTypeTypeWithParam(k.celType), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	if k, ok := kinds[name]; ok {
		return slices.Sorted(maps.Keys(k.fields)), true
	}
	return p.Provider.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider.
func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if k, ok := kinds[name]; ok {
		f, ok := k.fields[field]
		return f, ok
	}
	return p.Provider.FindStructFieldType(name, field)
}

// NewValue refuses to make a record: there are those of the tables alone.
func (p provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	if _, ok := kinds[name]; ok {
		return types.NewErr("a %s cannot be made", name)
	}
	return p.Provider.NewValue(name, fields)
}
