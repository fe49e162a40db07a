// Package peft holds adapters in the file format of the PEFT library
// (https://huggingface.co/docs/peft/developer_guides/checkpoint):
// adapter_config.json and adapter_model.safetensors. What it writes is loaded by
// PeftModel.from_pretrained, and the other way round.
//
// Where an output has a clinical adapter beside the task's, PEFT adds their
// updates up too. Its class of classifiers would give the second a head of its
// own; the plain class adds the adapter as it is:
//
//	model = PeftModel.from_pretrained(base, out)
//	PeftModel.add_adapter(model, "clinical", PeftConfig.from_pretrained(out + "/clinical"))
//	model.load_adapter(out + "/clinical", "clinical")
//	model.base_model.set_adapter(["default", "clinical"])
package peft
