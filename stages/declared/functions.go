package declared

import (
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// functions are what expressions have beside CEL's own: spans of time, the ends of a
// list, codes by prefix or range, ages.
func functions() []cel.EnvOption {
	element := cel.TypeParamType("T")
	options := []cel.EnvOption{
		span("days", 24*time.Hour), span("hours", time.Hour),
		cel.Function("first", cel.MemberOverload("list_first", []*cel.Type{cel.ListType(element)}, element, cel.UnaryBinding(first))),
		cel.Function("last", cel.MemberOverload("list_last", []*cel.Type{cel.ListType(element)}, element, cel.UnaryBinding(last))),
		cel.Function("age", cel.MemberOverload("patient_age", []*cel.Type{patientKind.celType, cel.TimestampType}, cel.DoubleType, cel.BinaryBinding(age))),
	}
	for _, version := range []int32{9, 10} {
		name := "icd" + strconv.Itoa(int(version))
		options = append(options, codes(name, func(kind string, code *cel.Type) []cel.FunctionOpt {
			return []cel.FunctionOpt{
				cel.MemberOverload(kind+"_"+name, []*cel.Type{code, cel.StringType}, cel.BoolType, cel.BinaryBinding(func(c, prefix ref.Val) ref.Val {
					return inRange(version, c, prefix, prefix)
				})),
				cel.MemberOverload(kind+"_"+name+"_range", []*cel.Type{code, cel.StringType, cel.StringType}, cel.BoolType, cel.FunctionBinding(func(args ...ref.Val) ref.Val {
					return inRange(version, args[0], args[1], args[2])
				})),
			}
		}))
	}
	return append(options, codes("category", func(kind string, code *cel.Type) []cel.FunctionOpt {
		return []cel.FunctionOpt{cel.MemberOverload(kind+"_category", []*cel.Type{code, cel.IntType}, cel.StringType, cel.BinaryBinding(category))}
	}))
}

// codes is a function of diagnoses and of procedures.
func codes(name string, of func(kind string, code *cel.Type) []cel.FunctionOpt) cel.EnvOption {
	return cel.Function(name, append(of("diagnosis", diagnosisKind.celType), of("procedure", procedureKind.celType)...)...)
}

// span is a function that makes a duration of a number.
func span(name string, unit time.Duration) cel.EnvOption {
	return cel.Function(name,
		cel.Overload(name+"_int", []*cel.Type{cel.IntType}, cel.DurationType, cel.UnaryBinding(func(n ref.Val) ref.Val { return spanOf(float64(n.(types.Int)), unit) })),
		cel.Overload(name+"_double", []*cel.Type{cel.DoubleType}, cel.DurationType, cel.UnaryBinding(func(n ref.Val) ref.Val { return spanOf(float64(n.(types.Double)), unit) })))
}

// longestSpan is far beyond a life, and far from where nanoseconds overflow.
const longestSpan = 200 * 365 * 24 * time.Hour

func spanOf(n float64, unit time.Duration) ref.Val {
	if limit := float64(longestSpan / unit); !(n >= -limit && n <= limit) {
		return types.NewErr("a span of more than 200 years")
	}
	return types.Duration{Duration: time.Duration(n * float64(unit))}
}

func first(rows ref.Val) ref.Val { return elementOf(rows, func(types.Int) types.Int { return 0 }) }
func last(rows ref.Val) ref.Val {
	return elementOf(rows, func(size types.Int) types.Int { return size - 1 })
}

func elementOf(rows ref.Val, which func(size types.Int) types.Int) ref.Val {
	l := rows.(traits.Lister)
	size := l.Size().(types.Int)
	if size == 0 {
		return types.WrapErr(errUnknown)
	}
	return l.Get(which(size))
}

func age(patient, at ref.Val) ref.Val {
	years, ok := rowOf[mimic.Patient](patient.(*record)).Age(dataset.Time(at.(types.Timestamp).UnixMicro()))
	if !ok {
		return types.WrapErr(errUnknown)
	}
	return types.Double(years)
}

// inRange says whether a code of a version begins with a prefix between two, both of one
// length: icd9("140", "149") are the categories 140 to 149 with all below them.
func inRange(version int32, code, from, to ref.Val) ref.Val {
	c := rowOf[mimic.Code](code.(*record))
	lowest, highest := string(from.(types.String)), string(to.(types.String))
	if len(lowest) != len(highest) || lowest == "" {
		return types.NewErr("a range of codes has two ends of one length")
	}
	if c.ICDVersion != version || len(c.ICDCode) < len(lowest) {
		return types.False
	}
	prefix := c.ICDCode[:len(lowest)]
	return types.Bool(lowest <= prefix && prefix <= highest)
}

// category is a code's first characters behind its version, such as 9:428 and 10:I50.
func category(code, characters ref.Val) ref.Val {
	c := rowOf[mimic.Code](code.(*record))
	n := int(characters.(types.Int))
	if n < 1 {
		return types.NewErr("a category of no character")
	}
	cut := []rune(strings.ToValidUTF8(c.ICDCode, ""))
	return types.String(strconv.Itoa(int(c.ICDVersion)) + ":" + string(cut[:min(n, len(cut))]))
}
