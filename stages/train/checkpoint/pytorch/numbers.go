package pytorch

// number is a type of numbers: its name in safetensors, and its bytes.
type number struct {
	dtype string
	size  int64
}

// numbers are what a storage may hold, by the class or type that a pickle names. Types
// newer than those classes lie in an UntypedStorage, whose numbers are bytes.
var numbers = map[string]number{
	"torch.DoubleStorage": {"F64", 8}, "torch.FloatStorage": {"F32", 4}, "torch.HalfStorage": {"F16", 2}, "torch.BFloat16Storage": {"BF16", 2},
	"torch.LongStorage": {"I64", 8}, "torch.IntStorage": {"I32", 4}, "torch.ShortStorage": {"I16", 2}, "torch.CharStorage": {"I8", 1},
	"torch.ByteStorage": {"U8", 1}, "torch.BoolStorage": {"BOOL", 1},
	"torch.ComplexFloatStorage": {"C64", 8}, "torch.ComplexDoubleStorage": {"C128", 16},
	"torch.storage.UntypedStorage": {"U8", 1},

	"torch.uint16": {"U16", 2}, "torch.uint32": {"U32", 4}, "torch.uint64": {"U64", 8},
	"torch.float8_e4m3fn": {"F8_E4M3", 1}, "torch.float8_e5m2": {"F8_E5M2", 1},
}
