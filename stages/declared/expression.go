package declared

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/stages"
)

// variables are what expressions speak of.
var variables = map[string]*cel.Type{
	"patient":   patientKind.celType,
	"admission": admissionKind.celType,
	"index":     cel.TimestampType, // when the model is asked
}

// deepest is how many lists may be gone through within one another: the work grows by the
// length of each.
const deepest = 3

// costliest is what an expression may cost for one admission in CEL's units, of which a
// comparison in a list takes some five: seconds of work. A thousand diagnoses, each
// compared with all others, cost half of it.
const costliest = 10_000_000

// language is CEL with the kinds, variables and functions of tasks.
var language = sync.OnceValues(func() (*cel.Env, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	options := []cel.EnvOption{
		cel.CrossTypeNumericComparisons(true), // age(index) < 18
		cel.CustomTypeAdapter(registry), cel.CustomTypeProvider(provider{registry}),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(deepest)),
	}
	for name, of := range variables {
		options = append(options, cel.Variable(name, of))
	}
	return cel.NewEnv(append(options, functions()...)...)
})

// expression is one that was checked.
type expression struct {
	key     string // in the stage's configuration
	output  *cel.Type
	program cel.Program
}

// compile checks an expression, whose value is to be of one of the types.
func compile(key, text string, want ...*cel.Type) (*expression, []stages.Fault) {
	if strings.TrimSpace(text) == "" {
		return nil, stages.Faultf(key, "is empty; want an expression that is %s", wanted(want))
	}
	env, err := language()
	if err != nil {
		return nil, stages.FaultOf(key, err)
	}
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, faultsOf(key, issues.Errors())
	}
	output := ast.OutputType()
	if !slices.ContainsFunc(want, func(t *cel.Type) bool { return t.IsExactType(output) }) {
		return nil, stages.Faultf(key, "is %s, want %s", inWords(output), wanted(want))
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.InterruptCheckFrequency(100), cel.CostLimit(costliest))
	if err != nil {
		return nil, stages.FaultOf(key, err)
	}
	return &expression{key, output, program}, nil
}

func inWords(t *cel.Type) string {
	switch {
	case t.IsExactType(cel.BoolType):
		return "true or false"
	case t.IsExactType(cel.IntType):
		return "a number"
	case t.IsExactType(cel.StringType):
		return "a text"
	case t.IsExactType(cel.DurationType):
		return "a span of time"
	case t.IsExactType(cel.TimestampType):
		return "a time"
	case t.IsExactType(cel.ListType(cel.StringType)):
		return "a list of texts"
	}
	return "of type " + t.String()
}

func wanted(list []*cel.Type) string {
	words := ""
	for i, t := range list {
		if i > 0 {
			words += " or "
		}
		words += inWords(t)
	}
	return words
}

var (
	inContainer = regexp.MustCompile(` \(in container ''\)`)
	unknownName = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noField     = regexp.MustCompile(`^undefined field '([^']*)'`)
)

// faultsOf are the faults of an expression at their places, with what may have been meant.
func faultsOf(key string, found []*cel.Error) (faults []stages.Fault) {
	for _, f := range found {
		text, hint := inContainer.ReplaceAllString(f.Message, ""), ""
		if m := unknownName.FindStringSubmatch(text); m != nil {
			hint = suggest.Choice(m[1], names())
		} else if m := noField.FindStringSubmatch(text); m != nil {
			hint = suggest.Choice(m[1], columns())
		}
		if hint != "" {
			text += "; " + hint
		}
		faults = append(faults, stages.Fault{
			Key: key, Err: exit.Errorf(exit.Usage, "%s", text),
			Line: f.Location.Line(), Col: f.Location.Column() + 1,
		})
	}
	return faults
}

// names are those of variables and functions.
func names() []string {
	all := slices.Collect(maps.Keys(variables))
	if env, err := language(); err == nil {
		all = slices.AppendSeq(all, maps.Keys(env.Functions()))
	}
	slices.Sort(all)
	return slices.DeleteFunc(all, func(name string) bool { return !stages.NamePattern.MatchString(name) || name[0] == '_' })
}

// columns are those of all kinds.
func columns() (all []string) {
	for _, k := range kinds {
		all = slices.AppendSeq(all, maps.Keys(k.fields))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// of is the expression's value for an admission. known is false where it depends on what
// is not known. What CEL says of other failures may hold a value and is not repeated.
func (e *expression) of(ctx context.Context, vars map[string]any) (value ref.Val, known bool, err error) {
	value, _, err = e.program.ContextEval(ctx, vars)
	switch {
	case err == nil:
		return value, true, nil
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case isUnknown(err):
		return nil, false, nil
	}
	return nil, false, exit.Errorf(exit.BadData, "%s: cannot be computed: %s", e.key, cmp.Or(failure(err), "an operation has no value here"))
}
