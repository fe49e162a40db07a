// Package peft holds adapters in the file format of the PEFT library
// (https://huggingface.co/docs/peft/developer_guides/checkpoint):
// adapter_config.json and adapter_model.safetensors. What it writes is loaded by
// PeftModel.from_pretrained, and the other way round.
package peft
