// Package check says whether a device is right: every kernel and a whole training step
// beside those of another backend, on the same random numbers, and what a device has
// to do by itself: repeat its bytes, go on where it was stopped, and survive asking for
// too much memory. Tests use it on an emulated device, bench/gpu on a card.
package check
