// What a compiled kernel and the emulated device know of each other.
#pragma once

namespace emulated {

struct Index {
  unsigned x, y, z;
};

// A Collective is done once for a group of a warp's lanes, when the last one has
// come: operands[l] is lane l's, null where lane l is not of the group.
typedef void (*Collective)(void* const operands[32]);

// Product is a lane's operand of Device::multiply.
struct Product {
  float* d;
  const unsigned *a, *b;
};

// Load is a lane's operand of Device::load and Device::loadTransposed.
struct Load {
  unsigned* to;
  const void* row;
};

// Device is what the running thread sees of the device.
struct Device {
  Index thread, block, threads, blocks;  // threadIdx, blockIdx, blockDim, gridDim
  unsigned lane;
  unsigned char* shared;  // dynamic shared memory
  void (*barrier)();
  void (*join)(Collective f, unsigned mask, void* operand);
  void (*copy)(void* to, const void* from, bool wanted);
  void (*finishCopies)();
  void (*fail)(const char* why);
  Collective multiply, load, loadTransposed;
};

struct Argument {
  unsigned bytes;
  bool pointer;
};

struct Kernel {
  const char* name;
  void (*call)(void* const* arguments);
  const Argument* arguments;
  unsigned count;
};

// Register is a module's function emulated_register: it takes the device to run
// on and gives the module's kernels. The last one has no name.
typedef const Kernel* (*Register)(Device* device);

}  // namespace emulated
