#!/bin/sh
# Builds the benchmark as one file for a machine with a card, which needs no Go: the
# CUDA libraries are looked for there, also among Python's packages. Results go to the
# folder that is named, else to one beside this file.
set -eu
results=${1:-bench/gpu/results}
cd "$(dirname "$0")/../.."
CGO_ENABLED=0 GOOS=linux go build -trimpath -ldflags '-s -w' -o bench/gpu/gpu ./bench/gpu
ls -lh bench/gpu/gpu
echo "on the machine with the card, with a Python that has torch, transformers and peft:"
echo "  bench/gpu/gpu --python python3 --results '$results'"
