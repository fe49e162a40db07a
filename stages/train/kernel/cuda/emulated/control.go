package emulated

// control is the library's functions for tests.
type control struct {
	fail       func(call string, nth, code int32)
	calls      func(call string) int32
	reset      func()
	setMemory  func(bytes uint64)
	setVersion func(version int32)
	setShared  func(bytes uint64)
	memoryUsed func() uint64
	overruns   func() int32
}
