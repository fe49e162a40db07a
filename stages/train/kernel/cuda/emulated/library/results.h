// The results of calls that the emulated libraries give.
#pragma once

namespace emulated {

// Results of the driver. done is that of all libraries.
constexpr int done = 0;
constexpr int invalidValue = 1;
constexpr int outOfMemory = 2;
constexpr int deviceUnavailable = 46;
constexpr int invalidDevice = 101;
constexpr int invalidImage = 200;
constexpr int invalidContext = 201;
constexpr int eccUncorrectable = 214;
constexpr int invalidHandle = 400;
constexpr int notFound = 500;
constexpr int notReady = 600;
constexpr int illegalAddress = 700;
constexpr int launchTimeout = 702;
constexpr int contextIsDestroyed = 709;
constexpr int assertFailed = 710;
constexpr int hardwareStackError = 714;
constexpr int misalignedAddress = 716;
constexpr int launchFailed = 719;
constexpr int captureUnsupported = 900;
constexpr int captureInvalidated = 901;

// losesDevice tells of results that every later call gives too.
inline bool losesDevice(int result) {
  return result == deviceUnavailable || result == eccUncorrectable || result == illegalAddress || result == launchTimeout ||
         result == assertFailed || (result >= hardwareStackError && result <= launchFailed);
}

// Results of the compiler.
constexpr int compilerInvalidInput = 3;
constexpr int compilerInvalidProgram = 4;
constexpr int compilerInvalidOption = 5;
constexpr int compilationFailed = 6;

// Results of the matrix products.
constexpr int productNotInitialized = 1;
constexpr int productInvalidValue = 7;
constexpr int productFailed = 13;
constexpr int productNotSupported = 15;

}  // namespace emulated
