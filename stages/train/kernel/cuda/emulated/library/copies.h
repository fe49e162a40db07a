// Asynchronous copies of the running thread.
#pragma once

namespace emulated {

// copy begins a copy of 16 bytes to shared memory, or of zeros where wanted is
// false.
void copy(void* to, const void* from, bool wanted);

// finishCopies does all that were begun: as late as a card may.
void finishCopies();

}  // namespace emulated
