package pytorch

import "github.com/clinflow/clinflow/internal/pickle"

// functions are what torch.save names for plain tensors and for the dict around them
// (torch/_utils.py). Arguments that do not change a tensor's values are not looked at.
var functions = map[string]pickle.Function{
	"collections.OrderedDict":                    ordered,
	"torch._utils._rebuild_tensor":               func(args []any) (any, error) { return rebuild(args, 4, 4) },
	"torch._utils._rebuild_tensor_v2":            func(args []any) (any, error) { return rebuild(args, 6, 7) },
	"torch._utils._rebuild_tensor_v3":            rebuildTyped,
	"torch._utils._rebuild_parameter":            func(args []any) (any, error) { return parameter(args, 3) },
	"torch._utils._rebuild_parameter_with_state": func(args []any) (any, error) { return parameter(args, 4) },
}

// global gives what stands for a class or function that a pickle names.
func global(name string) (any, error) {
	if function, ok := functions[name]; ok {
		return function, nil
	}
	if number, ok := numbers[name]; ok {
		return number, nil
	}
	return nil, refused("the pickle names %.100q, which is no plain tensor's, might do anything, and is not run", name)
}

// ordered makes an OrderedDict, which pickles fill afterwards.
func ordered(args []any) (any, error) {
	if len(args) > 0 {
		return nil, refused("the pickle makes an OrderedDict of arguments, as Python 2 did")
	}
	return &pickle.Dict{}, nil
}

// rebuild makes a tensor of (storage, offset, shape, strides, requires_grad, hooks,
// metadata); metadata are set where the values are to be negated or conjugated.
func rebuild(args []any, least, most int) (*view, error) {
	if len(args) < least || len(args) > most {
		return nil, damaged("a tensor has %d arguments", len(args))
	}
	if len(args) == 7 && !empty(args[6]) {
		return nil, refused("a tensor is a view that negates or conjugates its values")
	}
	s, ok := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	shape, ok3 := dimensions(args[2])
	strides, ok4 := dimensions(args[3])
	if !ok || !ok2 || !ok3 || !ok4 || offset < 0 || len(shape) != len(strides) {
		return nil, damaged("a tensor has no storage, or an offset, a shape of up to %d dimensions and strides that are none", maxDimensions)
	}
	return &view{s, s.number, offset, shape, strides}, nil
}

// empty says whether there is nothing in a dict of metadata, or none.
func empty(metadata any) bool {
	dict, ok := metadata.(*pickle.Dict)
	return metadata == nil || ok && len(dict.Pairs) == 0
}

// rebuildTyped makes a tensor over an UntypedStorage: its type stands behind the hooks.
func rebuildTyped(args []any) (any, error) {
	if len(args) < 7 {
		return nil, damaged("a tensor has %d arguments", len(args))
	}
	typed, ok := args[6].(number)
	if !ok {
		return nil, damaged("a tensor has no type of numbers")
	}
	v, err := rebuild(append(args[:6:6], args[7:]...), 6, 7)
	if err == nil {
		v.number = typed
	}
	return v, err
}

// parameter is the tensor in a torch.nn.Parameter.
func parameter(args []any, want int) (any, error) {
	if len(args) == want {
		if v, ok := args[0].(*view); ok {
			return v, nil
		}
	}
	return nil, damaged("a parameter holds no tensor")
}

// dimensions reads a tuple of numbers that are not negative.
func dimensions(value any) ([]int64, bool) {
	sequence, ok := value.(*pickle.Sequence)
	if !ok || len(sequence.Items) > maxDimensions {
		return nil, false
	}
	list := make([]int64, len(sequence.Items))
	for i, item := range sequence.Items {
		n, ok := item.(int64)
		if !ok || n < 0 {
			return nil, false
		}
		list[i] = n
	}
	return list, true
}
