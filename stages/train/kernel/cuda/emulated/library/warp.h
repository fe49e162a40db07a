// What a warp does with matrices.
#pragma once

namespace emulated {

void multiply(void* const operands[32]);
void loadMatrices(void* const operands[32]);
void loadMatricesTransposed(void* const operands[32]);

}  // namespace emulated
