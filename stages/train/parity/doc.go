// Package parity compares models and adapters with transformers and PEFT: its test walks
// testdata, which oracle/peft_golden.py writes. A case is
//
//	testdata/bases/NAME/                       a tiny model, as transformers saved it
//	testdata/cases/NAME/case.json              its base, its batch, and the loss of it
//	testdata/cases/NAME/adapter/               the adapter, as PEFT saved it; without
//	                                           one all of the base's weights are trained,
//	                                           and beside one where the case says full
//	testdata/cases/NAME/golden.safetensors     logits, and grad.TENSOR of each trained one
//
// The test opens base and adapter from these files and demands logits, loss and every
// gradient, the tensors of PEFT's file when the adapter is saved again, and the same
// logits bit for bit when that is loaded.
//
// Batches of ours are padded on the right. A case that transformers computed with padding
// on the left says that ours gives the same with its tokens at the same positions.
//
// testdata/variants has configurations as others may write them, which oracle/variants.py
// tried with transformers and PEFT: each is computed here as there, or refused by name.
//
// A new case is a row in a module of oracle/peft_cases: run the script with the case's
// name, commit its folder, and the test finds it. An architecture or a method that
// train does not import is imported by the test.
package parity
